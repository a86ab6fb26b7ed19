import Documents
import Formats
import Ports
import Testing

enum Sources {
    /// The documents of a file as the control plane hands them over.
    static func read(_ text: String, file: String) throws -> [FlagSource] {
        let (nodes, issues) = readDocuments(text, file: file)
        try #require(issues.isEmpty, "\(issues)")
        return nodes.map { FlagSource(file: file, node: $0) }
    }
}
