import Documents
import FlagSpecs
import Formats
import Foundation
import Rules
import Specs
import Targets
import Testing

@Suite struct DocumentTests {
    private static let blocks = Page.all.flatMap(\.blocks).filter { ["yaml", "json"].contains($0.language) }

    @Test("every document in the pages is one that can be applied", arguments: blocks)
    func documents(block: Page.Block) throws {
        if block.language == "json", block.text.firstMatch(of: /"kind": *"[A-Z]/) == nil {
            // An answer or a notification: it is JSON, and no document.
            _ = try JSONSerialization.jsonObject(with: Data(block.text.utf8))
            return
        }
        let (nodes, readIssues) = readNodes(files: [("\(block).\(block.language)", whole(block))])
        #expect(readIssues.map(\.description) == [])
        #expect(!nodes.isEmpty)
        for source in nodes {
            let log = IssueLog(file: source.file)
            let cursor = Cursor(source.node, log: log)
            if FlagFile.isOne(source.node) {
                let file = try #require(FlagFile(reading: cursor))
                let set = FlagSet(flags: Dictionary(uniqueKeysWithValues: file.flags.map { ($0.key, $0) }))
                let missing = set.lowered().issues.filter { !$0.message.contains("holdout") }
                #expect((log.issues + missing).map(\.description) == [])
            } else if FlagDocument(reading: cursor, environment: "production") == nil {
                #expect(readSpecs(nodes: [source]).issues.map(\.description) == [])
            }
            #expect(log.issues.map(\.description) == [])
        }
    }

    /// A piece of a service is made a whole one.
    private func whole(_ block: Page.Block) -> String {
        if block.language == "json" || block.text.contains("kind:") || block.text.hasPrefix("flags:") {
            return block.text
        }
        let run = block.text.contains("run:") ? "" : "run: { command: [./web] }\n"
        return block.text + "kind: Service\nname: example\n" + run
    }

    @Test("the example of recording rules is a rule file")
    func rules() throws {
        let blocks = Page(path: "docs/querying.md").blocks.filter {
            $0.language == "yml" && $0.text.contains("groups:")
        }
        let block = try #require(blocks.first)
        let (nodes, issues) = readDocuments(block.text, file: "rules.yaml")
        let (groups, ruleIssues) = readRuleGroups(try #require(nodes.first), file: "rules.yaml")
        #expect((issues + ruleIssues).map(\.description) == [])
        #expect(groups.first?.rules.count == 2)
    }

    @Test("the example of scrape configurations is one")
    func scrapes() throws {
        let block = try #require(Page(path: "docs/scraping.md").blocks.first { $0.language == "yml" })
        let (nodes, issues) = readDocuments(block.text, file: "prometheus.yml")
        let (configuration, wrong) = readScrapeConfiguration(try #require(nodes.first), file: "prometheus.yml")
        #expect((issues + wrong).map(\.description) == [])
        #expect(configuration.jobs.map(\.name) == ["blackbox", "postgres"])
    }

    @Test("the examples are there")
    func count() {
        #expect(DocumentTests.blocks.filter { $0.page == "docs/reference/service.md" }.count >= 12)
        #expect(DocumentTests.blocks.count >= 18)
    }

    @Test(
        "every field of a service is in its reference",
        arguments: [
            "command", "environment", "listen", "handover", "ready", "drain", "lameDuck", "metrics", "limits", "logs",
            "name", "hosts", "select", "maxUnavailable", "bake", "gate", "timeWindow", "progressDeadline",
            "failureBudget", "falseRollbacks", "waves", "watch", "rollback", "onLostHosts", "ratio", "guardrail",
            "tolerate", "minimumEvents", "latency", "rate", "gauge", "slo", "peers", "web", "weight", "critical",
            "warmUp",
            "control", "holdout", "withoutBaseline", "atLeast", "atMost", "dependsOn", "url", "method", "expect",
            "timeout", "every",
            "dryRun", "days", "from", "until", "zone", "memory", "cpu", "processes",
        ])
    func fields(name: String) {
        let text = Page(path: "docs/reference/service.md").text
        #expect(text.contains("| `\(name)`") || text.contains("| `\(name).") || text.contains(".\(name)`"))
    }
}
