public import Documents
public import Specs

/// A document with the place where it stands.
public struct SourcedSpec: Hashable, Sendable {
    public var spec: SpecDocument
    /// The document as it was read, with the place of every value.
    public var node: Node
    public var file: String
    public var line: Int
    public var warnings: [DocumentIssue]

    public init(spec: SpecDocument, node: Node, file: String, line: Int, warnings: [DocumentIssue] = []) {
        self.spec = spec
        self.node = node
        self.file = file
        self.line = line
        self.warnings = warnings
    }
}

/// A document of a file, not looked at yet.
public struct SourcedNode: Hashable, Sendable {
    public var file: String
    public var node: Node

    public init(file: String, node: Node) {
        self.file = file
        self.node = node
    }
}

/// Reads the documents of several files as trees.
public func readNodes(
    files: [(name: String, text: String)]
) -> (documents: [SourcedNode], issues: [DocumentIssue]) {
    var documents: [SourcedNode] = []
    var issues: [DocumentIssue] = []
    for file in files {
        let (nodes, fileIssues) = readDocuments(file.text, file: file.name)
        issues += fileIssues
        if nodes.isEmpty, fileIssues.errors.isEmpty {
            issues.append(
                DocumentIssue(
                    file: file.name, at: Position(line: 1, column: 1), message: "the file holds no document",
                    hint: "a document starts with kind: Service, for example"))
        }
        documents += nodes.map { SourcedNode(file: file.name, node: $0) }
    }
    return (documents, issues)
}

/// Reads the documents of several files.
///
/// - Returns: The documents in their order, and everything that is wrong. With an error among the issues, nothing should be
///   applied.
public func readSpecs(
    files: [(name: String, text: String)], checks: QueryChecks = QueryChecks()
) -> (documents: [SourcedSpec], issues: [DocumentIssue]) {
    let (nodes, issues) = readNodes(files: files)
    let (documents, specIssues) = readSpecs(nodes: nodes, checks: checks)
    return (documents, issues + specIssues)
}

/// Makes specs of documents that were read from files.
///
/// - Parameter otherKinds: kinds that are read elsewhere; messages name them as well.
public func readSpecs(
    nodes: [SourcedNode], checks: QueryChecks = QueryChecks(), otherKinds: [String] = []
) -> (documents: [SourcedSpec], issues: [DocumentIssue]) {
    var documents: [SourcedSpec] = []
    var issues: [DocumentIssue] = []
    var known: [String: (file: String, position: Position)] = [:]
    for source in nodes {
        let node = source.node
        let (spec, specIssues) = decodeSpec(node, file: source.file, checks: checks, otherKinds: otherKinds)
        issues += specIssues
        guard let spec else { continue }
        let key = "\(spec.kind.rawValue) \(spec.name)"
        if let first = known[key] {
            issues.append(
                DocumentIssue(
                    file: source.file, at: node["name"]?.position ?? node.position, path: "name",
                    message: "there are two documents of \(spec.kind.rawValue) '\(spec.name)'",
                    hint: "the first one is in \(first.file), \(first.position)"))
            continue
        }
        known[key] = (source.file, node["name"]?.position ?? node.position)
        documents.append(
            SourcedSpec(
                spec: spec, node: node, file: source.file, line: Int(node.position.line), warnings: specIssues.warnings)
        )
    }
    return (documents, issues)
}
