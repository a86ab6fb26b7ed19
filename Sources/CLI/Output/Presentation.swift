import Documents
import FoundationEssentials
import Specs

/// An answer in every form that `-o` can ask for.
struct Presentation {
    /// The lines for people.
    var table: (TextStyle) -> [String]
    /// The API's JSON, two spaces deep.
    var json: () throws -> String
    /// A document that `apply` takes where there is such a kind, otherwise the JSON's content.
    var yaml: () throws -> String

    /// - Parameter documents: The YAML documents; without them the YAML has the content of the JSON.
    init(
        _ value: some Encodable, documents: [SpecDocument]? = nil, table: @escaping (TextStyle) -> [String]
    ) {
        self.table = table
        json = { try prettyJSON(value) }
        yaml = {
            guard let documents else { return YAMLWriter.write(try contentNode(value)) }
            return YAMLWriter.write(documents.map(\.documentNode))
        }
    }
}

/// JSON with sorted keys, so that two answers can be compared.
func prettyJSON(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// JSON on one line.
func lineJSON(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// The content of a value's JSON. Keys are sorted, because JSON keeps no order of them.
private func contentNode(_ value: some Encodable) throws -> Node {
    sorted(try JSONDecoder().decode(Node.self, from: try JSONEncoder().encode(value)))
}

private func sorted(_ node: Node) -> Node {
    switch node.value {
    case .mapping(let entries):
        let entries = entries.map { Node.Entry($0.key, sorted($0.value)) }
        return Node(.mapping(entries.sorted { $0.key < $1.key }))
    case .sequence(let items): return .sequence(items.map(sorted))
    default: return node
    }
}
