import Documents
import Formats
import FoundationEssentials
import HalcyonTesting
import Logging
import MetricsFormats
import MetricsStore
import Rules
import Series
import Synchronization
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("Rules")
struct RulesTests {
    static let file = """
        groups:
          - name: requests
            interval: 30s
            limit: 2
            labels: { team: shop, kind: group }
            rules:
              - record: job:requests:sum
                expr: sum by (job) (requests)
                labels: { kind: rule }
              - record: job:requests:double
                expr: 2 * job:requests:sum
              - record: answer
                expr: 42
              - record: broken
                expr: requests
              - alert: Down
                expr: up == 0
                for: 5m
        """

    private func read(_ text: String) -> (groups: [RuleGroup], issues: [DocumentIssue]) {
        let (nodes, issues) = readDocuments(text, file: "rules.yaml")
        guard let node = nodes.first else { return ([], issues) }
        return readRuleGroups(node, file: "rules.yaml")
    }

    @Test("rule files are read as they are")
    func reading() throws {
        let (groups, issues) = read(RulesTests.file)
        let group = try #require(groups.first)
        #expect(group.rules.map(\.name) == ["job:requests:sum", "job:requests:double", "answer", "broken", "Down"])
        #expect(group.interval == .seconds(30) && group.limit == 2)
        #expect(group.rules[0].labels == ["team": "shop", "kind": "rule"])
        #expect(group.rules.map { $0.alert?.holdFor } == [nil, nil, nil, nil, .minutes(5)])
        #expect(issues.isEmpty)
    }

    @Test("what is wrong is said with its place")
    func mistakes() {
        let text = """
            groups:
              - name: a
                intervall: 30s
                rules:
                  - { record: x, expr: "sum(" }
                  - { record: y, expr: "rate(x[5m])", labels: { __name__: z } }
              - name: a
                rules: [{ expr: "1" }]
            """
        let found = read(text).issues.map(\.description)
        #expect(
            found.contains { $0.hasPrefix("rules.yaml:3:5") && $0.contains("did you mean 'interval'?") }, "\(found)")
        #expect(
            found.contains { $0.hasPrefix("rules.yaml:5:") && $0.contains("the expression is not valid") }, "\(found)")
        #expect(found.contains { $0.contains("'__name__' is what 'record' says") })
        #expect(found.contains { $0.contains("'record' is missing") })
        #expect(found.contains { $0.contains("there are two groups 'a' in the file") })
    }

    @Test("a group's moments lie on a grid of their own")
    func grid() throws {
        let group = try #require(read(RulesTests.file).groups.first)
        let first = group.nextTime(after: Timestamp(milliseconds: 1_000_000_000))
        #expect(first > Timestamp(milliseconds: 1_000_000_000) && first <= Timestamp(milliseconds: 1_000_030_000))
        #expect(group.nextTime(after: first) == first + .seconds(30))
        #expect(group.nextTime(after: first - .milliseconds(1)) == first)
    }

    @Test("rules are evaluated in their order, see each other, keep to limits, and end what they give no more")
    func evaluation() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/halcyon-rules-\(UUID().uuidString)"
        let store = try MetricsStore(path: folder)
        defer {
            store.close()
            try? FileManager.default.removeItem(atPath: folder)
        }
        let now = Mutex(Timestamp(milliseconds: 1_000_000_000))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let book = RuleBook(metrics: store, logger: logger, clock: { now.withLock { $0 } })
        let file = ApplyRequest.File(name: "rules.yaml", text: RulesTests.file)
        #expect(try book.take([file]).isEmpty)
        let first = try #require(book.groups.first?.nextTime)
        func put(_ job: String, _ value: Double, at time: Timestamp) async throws {
            var batch = IngestBatch()
            for instance in ["a", "b", "c"] {
                batch.append(
                    ["__name__": "requests", "job": job, "instance": .init(instance)], time: time.milliseconds,
                    value: value)
            }
            _ = try await store.write(batch)
        }
        func values(_ name: String) throws -> [String: [Double?]] {
            let found = try store.series(
                SelectRequest(matchers: [LabelMatcher("__name__", .equal, name)], after: 0, through: .max))
            var result: [String: [Double?]] = [:]
            for index in 0..<found.count {
                var buffer = SampleBuffer()
                try found.read(index, into: &buffer)
                result["\(found.labels(index))"] = buffer.values.map {
                    $0.bitPattern == Sample.staleMarker.bitPattern ? nil : $0
                }
            }
            return result
        }
        try await put("web", 5, at: first - .seconds(1))
        now.withLock { $0 = first }
        await book.evaluateDue(first)
        let sum = "job:requests:sum{job=\"web\", kind=\"rule\", team=\"shop\"}"
        #expect(try values("job:requests:sum") == [sum: [15]])
        #expect(
            try values("job:requests:double") == [
                "job:requests:double{job=\"web\", kind=\"group\", team=\"shop\"}": [30]
            ])
        #expect(try values("answer") == ["answer{kind=\"group\", team=\"shop\"}": [42]])
        #expect(book.groups.first?.rules.map(\.failure) == [nil, nil, nil, "exceeded limit of 2 with 3 series", nil])
        #expect(book.groups.first?.rules.first?.evaluatedAt == first)
        // Nothing is due before its time; five minutes later the requests are gone, and so is their sum.
        await book.evaluateDue(first)
        let later = first + .minutes(10)
        now.withLock { $0 = later }
        await book.evaluateDue(later)
        await book.evaluateDue(later)
        #expect(try values("job:requests:sum") == [sum: [15, nil]])
        // A wrong file changes nothing; without the group what it gave ends.
        #expect(throws: Problem.self) { try book.take([ApplyRequest.File(name: "rules.yaml", text: "groups: 5")]) }
        #expect(book.groups.count == 1)
        _ = try book.take([ApplyRequest.File(name: "other.yaml", text: "groups: []")])
        #expect(try values("answer").values.first?.last == .some(nil))
    }

    @Test("a rule that takes too long is ended, and so is one that would find too much")
    func limits() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/halcyon-rules-\(UUID().uuidString)"
        let store = try MetricsStore(path: folder)
        defer {
            store.close()
            try? FileManager.default.removeItem(atPath: folder)
        }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let text = "groups: [{name: a, interval: 30s, rules: [{record: x, expr: 'sum(requests)'}]}]"
        var batch = IngestBatch()
        for number in 0..<20_000 {
            batch.append(["__name__": "requests", "number": "\(number)"], time: 999_960_000, value: 1)
        }
        _ = try await store.write(batch)
        for (pace, limits, words) in [
            (Period.seconds(20), RuleLimits(), "the rule took longer than it may: query timed out in"),
            (.milliseconds(1), RuleLimits(timeout: .zero), "the rule took longer than it may: query timed out in"),
            (.zero, RuleLimits(samples: 100), "query processing would load too many samples into memory"),
            (.zero, RuleLimits(series: 10_000), "the query touches more than 10000 series"),
        ] {
            let now = Mutex(Timestamp(milliseconds: 1_000_000_000))
            let book = RuleBook(metrics: store, limits: limits, logger: logger) {
                now.withLock { now in
                    now = now + pace
                    return now
                }
            }
            _ = try book.take([ApplyRequest.File(name: "rules.yaml", text: text)])
            await book.evaluateDue(Timestamp(milliseconds: 1_000_060_000))
            let failure = try #require(book.groups.first?.rules.first?.failure)
            #expect(failure.hasPrefix(words), "\(failure)")
        }
    }
}
