import Ports
import PromQL
import Series
import Synchronization
import Testing
import Values
import Wire

@testable import Web

@Suite("What pages remember of metrics")
struct QueryMemoryTests {
    /// Counts what it is asked, and fails when it is told to.
    private final class Counted: MetricsQuestions {
        let held = HeldQuestions.storefront()
        let problem = Mutex<PromQLError?>(nil)
        let asked = Mutex((answers: 0, labels: 0))

        private func fail() throws(PromQLError) {
            if let problem = problem.withLock({ $0 }) { throw problem }
        }

        func answer(_ question: MetricsQuestion) async throws(PromQLError) -> QueryResult {
            asked.withLock { $0.answers += 1 }
            try fail()
            return try await held.answer(question)
        }

        func labelNames(
            _ lists: [[LabelMatcher]], in stretch: ClosedRange<Int64>, limit: Int
        ) async throws(PromQLError) -> [String] {
            asked.withLock { $0.labels += 1 }
            try fail()
            return try await held.labelNames(lists, in: stretch, limit: limit)
        }

        func labelValues(
            _ name: String, _ lists: [[LabelMatcher]], in stretch: ClosedRange<Int64>, limit: Int
        ) async throws(PromQLError) -> [String] {
            asked.withLock { $0.labels += 1 }
            try fail()
            return try await held.labelValues(name, lists, in: stretch, limit: limit)
        }

        func metadata(_ metric: String?, limit: Int) async throws(PromQLError) -> [MetricMetadata] { [] }
    }

    private final class Clock: Sendable {
        let now = Mutex(World.noon)
        func pass(_ period: Period) { now.withLock { $0 = $0 + period } }
    }

    private let clock = Clock()
    private let metrics = Counted()
    private let site: Site

    init() {
        let clock = clock
        site = Site(surface: FakeSurface(.rich())) { clock.now.withLock { $0 } }
    }

    private func draw(_ path: String) async -> String {
        await site.respond(
            to: PageRequest(
                method: "GET", path: path, query: [:], form: [:], principal: Principal(name: "maria", role: .viewer),
                dev: false, metrics: metrics)
        ).text
    }

    private var asked: (answers: Int, labels: Int) { metrics.asked.withLock { $0 } }

    @Test("a service's page looks through labels once in a while, not whenever it draws itself")
    func figures() async {
        #expect(await draw("/services/storefront").contains("Requests a second"))
        let first = asked
        #expect(first.labels > 0)
        #expect(await draw("/services/storefront").contains("Requests a second"))
        clock.pass(.seconds(1))
        _ = await draw("/services/storefront")
        #expect(asked.labels == first.labels)
        // Another service is another question, and one without metrics may get them soon.
        _ = await draw("/services/search")
        let second = asked.labels
        #expect(second > first.labels)
        clock.pass(.seconds(6))
        _ = await draw("/services/search")
        #expect(asked.labels > second)
        clock.pass(.seconds(20))
        let third = asked.labels
        _ = await draw("/services/storefront")
        #expect(asked.labels == third + first.labels)
    }

    @Test(
        "what failed is not asked again for some seconds, and after the first failure nothing else of the page",
        arguments: ["/services/storefront", "/rollouts/r-7f3k2"])
    func failures(path: String) async {
        metrics.problem.withLock { $0 = PromQLError("the metrics backend is away") }
        for _ in 0..<3 {
            _ = await draw(path)
            clock.pass(.seconds(1))
        }
        #expect(asked.answers + asked.labels == 1)
        clock.pass(.seconds(3))
        metrics.problem.withLock { $0 = nil }
        #expect(await draw(path).contains("class=\"plot"))
    }

    @Test("that a reader went away, or that one expression is wrong, keeps nobody else from the answer")
    func othersFailures() async throws {
        let memory = QueryMemory { World.noon }
        let question = MetricsQuestion("queue_depth", at: World.noon.milliseconds)
        for kind in [PromQLError.Kind.cancelled, .badExpression] {
            metrics.problem.withLock { $0 = PromQLError("no", kind: kind) }
            await #expect(throws: PromQLError.self) { _ = try await memory.answer(question, by: metrics) }
        }
        metrics.problem.withLock { $0 = nil }
        _ = try await memory.answer(question, by: metrics)
        _ = try await memory.answer(question, by: metrics)
        #expect(asked.answers == 3)
    }
}
