import Documents
import Foundation
import Testing

@testable import Flags

/// The table of operators in `docs/reference/targeting.md` is true.
@Suite struct TargetingPageTests {
    private static let rows: [[String]] = {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/reference/targeting.md")
        let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
        return text.matches(of: /\| `(\{.*?\})` \| `(\{.*?\})` \| `(.*?)` \|/).map {
            [String($0.1), String($0.2), String($0.3)]
        }
    }()

    @Test("every example of an operator gives the value that the page says", arguments: rows)
    func example(_ row: [String]) throws {
        let rule = try #require(JSONParser.parse(Array(row[0].utf8), file: "rule").node)
        let compiler = RuleCompiler(log: IssueLog(file: "rule"), shared: SharedRules(nil))
        let compiled = compiler.compile(Cursor(rule, log: compiler.log))
        #expect(compiler.log.issues.isEmpty)
        let context = try #require(JSONParser.parse(Array(row[1].utf8), file: "context").node)
        guard case .object(var members) = FlagValue(context) else { throw NoObject() }
        members.append(FlagMember("$flagd", ["flagKey": "example"]))
        let scope = Scope(data: .object(members), flagKey: "example", bucketing: .v3)
        #expect(String(decoding: try compiled.value(in: scope).json, as: UTF8.self) == row[2])
    }

    @Test("every operator is on the page")
    func complete() {
        for known in Operator.all {
            #expect(TargetingPageTests.rows.contains { $0[0].hasPrefix("{\"\(known.name)\":") }, "\(known.name)")
        }
    }

    struct NoObject: Error {}
}
