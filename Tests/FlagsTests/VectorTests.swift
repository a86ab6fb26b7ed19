import Documents
import Flags
import Foundation
import Testing

/// Answers that the reference evaluators gave (`openfeature-flagd-core`, and one with JavaScript's conversions).
@Suite struct VectorTests {
    /// The kept vectors, or those of the folder in `HALCYON_FLAG_VECTORS`.
    static let files: [URL] = {
        let folder =
            ProcessInfo.processInfo.environment["HALCYON_FLAG_VECTORS"].map { URL(filePath: $0) }
            ?? URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().map { folder.appending(path: $0) }
    }()

    @Test("answers are those of the reference evaluators", arguments: files)
    func vectors(_ file: URL) throws {
        let (node, issues) = JSONParser.parse(
            Array(try Data(contentsOf: file)), file: file.lastPathComponent)
        let vectors = try #require(node, "\(issues)")
        let set = try #require(vectors["set"])
        let bucketing: Bucketing = vectors["bucketing"]?.value == .string("v2") ? .v2 : .v3
        let compiled = FlagSnapshot.compile(set, file: file.lastPathComponent, bucketing: bucketing)
        let snapshot = try #require(compiled.snapshot, "\(compiled.issues.errors.map(\.description))")
        guard case .sequence(let cases) = vectors["cases"]?.value else { throw Unreadable() }
        var wrong: [String] = []
        for item in cases {
            guard case .sequence(let parts) = item.value, parts.count == 3,
                case .string(let key) = parts[0].value,
                case .string(let context) = parts[1].value, case .string(let expected) = parts[2].value
            else { throw Unreadable() }
            let answer = try snapshot.answer(key, context)
            if answer != expected { wrong.append("\(key) \(context): \(answer), expected \(expected)") }
        }
        #expect(
            wrong.isEmpty,
            "\(wrong.count) of \(cases.count):\n\(wrong.prefix(25).joined(separator: "\n"))")
    }

    struct Unreadable: Error {}
}
