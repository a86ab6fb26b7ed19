import Documents
import Formats
import Foundation
import Specs
import Testing

/// Every YAML and JSON example of the reference is a document that can be applied.
@Suite struct DocumentationTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/reference")

    struct Example: CustomTestStringConvertible {
        var file: String
        var line: Int
        var language: String
        var text: String
        var testDescription: String { "\(file):\(line)" }
    }

    static func examples(of file: String) -> [Example] {
        guard let text = try? String(contentsOf: folder.appending(path: file), encoding: .utf8) else { return [] }
        var examples: [Example] = []
        var open: Example?
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
            if let example = open {
                if line.hasPrefix("```") {
                    examples.append(example)
                    open = nil
                } else {
                    open?.text += line + "\n"
                }
            } else if line.hasPrefix("```yaml") || line.hasPrefix("```json") {
                open = Example(file: file, line: index + 2, language: String(line.dropFirst(3)), text: "")
            }
        }
        return examples
    }

    /// A piece of a service is made a whole one.
    private func whole(_ example: Example) -> String {
        if example.language == "json" || example.text.contains("kind:") { return example.text }
        let run = example.text.contains("run:") ? "" : "run: { command: [./web] }\n"
        return example.text + "kind: Service\nname: example\n" + run
    }

    @Test("an example of service.md", arguments: examples(of: "service.md"))
    func service(example: Example) {
        let (documents, issues) = readSpecs(files: [("\(example).\(example.language)", whole(example))])
        #expect(issues.map(\.description) == [])
        #expect(!documents.isEmpty)
    }

    @Test("an example of freeze.md", arguments: examples(of: "freeze.md"))
    func freeze(example: Example) {
        let (documents, issues) = readSpecs(files: [("freeze.yaml", whole(example))])
        #expect(issues.map(\.description) == [])
        #expect(documents.allSatisfy { $0.spec.kind == .freeze })
    }

    @Test("the examples are there")
    func count() {
        #expect(DocumentationTests.examples(of: "service.md").count >= 12)
        #expect(DocumentationTests.examples(of: "freeze.md").count >= 1)
        #expect(DocumentationTests.examples(of: "receivers.md").count >= 1)
    }

    @Test(
        "every field of a service is in service.md",
        arguments: [
            "command", "environment", "listen", "handover", "ready", "drain", "lameDuck", "metrics", "limits", "logs",
            "name", "hosts", "select", "maxUnavailable", "bake", "gate", "timeWindow", "progressDeadline",
            "failureBudget",
            "falseRollbacks", "waves", "watch", "rollback", "onLostHosts", "ratio", "guardrail", "tolerate",
            "minimumEvents", "dryRun", "days", "from", "until", "zone", "memory", "cpu", "processes",
        ])
    func fields(name: String) throws {
        let text = try String(contentsOf: DocumentationTests.folder.appending(path: "service.md"), encoding: .utf8)
        #expect(text.contains("| `\(name)`") || text.contains("| `\(name).") || text.contains(".\(name)`"))
    }

    @Test("YAML of receivers.md", arguments: examples(of: "receivers.md").filter { $0.language == "yaml" })
    func receivers(example: Example) {
        let (documents, issues) = readSpecs(files: [("receivers.yaml", example.text)])
        #expect(issues.map(\.description) == [])
        #expect(documents.allSatisfy { $0.spec.kind == .receiver })
    }
}
