import Documents

@testable import Formats

/// What is tried with hostile YAML: by the fuzzer of `Scripts/fuzz yaml`, and with what it once found by an ordinary test.
enum FuzzYAML {
    /// What went wrong, or `nil`. Crashing is what it must not do.
    static func run(_ bytes: [UInt8]) -> String? {
        let (nodes, issues) = readDocuments(String(decoding: bytes, as: UTF8.self), file: "fuzz.yaml")
        if nodes.isEmpty { return nil }
        if issues.contains(where: { $0.severity == .error }) { return "documents of a file that is wrong" }
        for node in nodes {
            // What was read can be written, and means the same then.
            let text = YAMLWriter.write(node)
            let (again, problems) = readDocuments(text, file: "again.yaml")
            if again != [node], !FuzzYAML.holdsNotANumber(node) {
                return "read as \(node.value), written as \(text), and read as \(again) \(problems)"
            }
            let json = JSONWriter.write(node)
            if JSONParser.parse(json, file: "again.json").node == nil {
                return "the JSON cannot be read: \(String(decoding: json, as: UTF8.self))"
            }
        }
        return nil
    }

    /// It is no number that equals itself.
    private static func holdsNotANumber(_ node: Node) -> Bool {
        switch node.value {
        case .number(let number): number.isNaN
        case .sequence(let items): items.contains(where: holdsNotANumber)
        case .mapping(let entries): entries.contains { holdsNotANumber($0.value) }
        default: false
        }
    }
}
