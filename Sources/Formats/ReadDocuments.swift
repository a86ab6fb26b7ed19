public import Documents

/// Reads every document of a file: JSON when the file is named `.json`, otherwise YAML, with `---` between documents.
///
/// - Returns: One node for each document that is not empty, and everything that is wrong. With an error there may be fewer
///   nodes than documents.
public func readDocuments(_ text: String, file: String) -> (nodes: [Node], issues: [DocumentIssue]) {
    if file.lowercased().hasSuffix(".json") {
        let (node, issues) = JSONParser.parse(Array(text.utf8), file: file)
        return (node.map { [$0] } ?? [], issues)
    }
    // A byte order mark says nothing here; Yams takes it for a character of the first key.
    let body = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    return YAMLReader.read(body, file: file)
}
