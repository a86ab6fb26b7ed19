import FoundationEssentials
import Logging
import MetricsFormats
import MetricsStore
import Ports
import Rules
import Series
import Synchronization
import Testing
import Values
import Wire

@testable import ControlPlane

/// A store of metrics that does something else in the midst of an evaluation, once.
private final class InterruptedMetrics: MetricsKeeper, Queryable {
    enum Moment { case reading, writing }

    let store: MetricsStore
    private let folder = FileManager.default.temporaryDirectory.path + "/halcyon-reload-\(UUID().uuidString)"
    private let planned = Mutex<(moment: Moment, act: @Sendable () -> Void)?>(nil)

    init() throws { store = try MetricsStore(path: folder) }

    deinit {
        store.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// When a rule has been read, or when its samples are about to be written.
    func plan(_ moment: Moment, _ act: @escaping @Sendable () -> Void) { planned.withLock { $0 = (moment, act) } }

    private func reach(_ moment: Moment) {
        let act = planned.withLock { planned -> (@Sendable () -> Void)? in
            guard planned?.moment == moment else { return nil }
            defer { planned = nil }
            return planned?.act
        }
        act?()
    }

    func reading<Result: Sendable>(_ body: @Sendable (any Queryable) -> Result) async -> Result {
        let result = await store.reading(body)
        reach(.reading)
        return result
    }

    func take(_ batch: IngestBatch, now: Timestamp?) throws(MetricsRefusal) -> IngestReport {
        reach(.writing)
        return try store.take(batch, now: now)
    }

    func whenKept(_ call: @escaping @Sendable (MetricsRefusal?) -> Void) { store.whenKept(call) }
    func snapshot(named name: String) throws(MetricsRefusal) -> String { try store.snapshot(named: name) }
    func condition() -> MetricsCondition { store.condition() }
    func cardinality(limit: Int) -> MetricsCardinality { store.cardinality(limit: limit) }
    func series(_ request: SelectRequest) throws(QueryError) -> any SeriesSet { try store.series(request) }
    func select(_ request: SelectRequest) async throws(QueryError) -> any SeriesSet { try await store.select(request) }
    func labelNames(
        _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] {
        try await store.labelNames(matchers, after: after, through: through, limit: limit)
    }
    func labelValues(
        _ name: String, _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] {
        try await store.labelValues(name, matchers, after: after, through: through, limit: limit)
    }
    func metadata(_ metric: String?, limit: Int) async throws(QueryError) -> [MetricMetadata] {
        try await store.metadata(metric, limit: limit)
    }
}

@Suite("Rule files that are read again while a group is evaluated")
struct ReloadTests {
    private let metrics: InterruptedMetrics
    private let book: RuleBook
    private let now: TestTime

    private final class TestTime: Sendable {
        let value = Mutex(Timestamp(milliseconds: 1_000_000_000))
    }

    init() throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let now = TestTime()
        self.now = now
        metrics = try InterruptedMetrics()
        book = RuleBook(metrics: metrics, logger: logger, clock: { now.value.withLock { $0 } })
    }

    private static func file(_ rules: [String]) -> ApplyRequest.File {
        let text = rules.map { "{record: \($0), expr: '42'}" }.joined(separator: ", ")
        return ApplyRequest.File(name: "rules.yaml", text: "groups: [{name: a, interval: 30s, rules: [\(text)]}]")
    }

    private static let nothing = ApplyRequest.File(name: "rules.yaml", text: "groups: []")

    /// Evaluates at the next moment of the group, or of the clock.
    private func evaluate() async {
        let next = book.groups.first?.nextTime ?? now.value.withLock { $0 + .seconds(30) }
        now.value.withLock { $0 = next }
        await book.evaluateDue(next)
    }

    private func reload(at moment: InterruptedMetrics.Moment, _ file: ApplyRequest.File) {
        metrics.plan(moment) { [book, now] in
            now.value.withLock { $0 = $0 + .seconds(1) }
            #expect(throws: Never.self) { try book.take([file]) }
        }
    }

    /// The values of a series; stale markers are `nil`.
    private func values(_ name: String) throws -> [Double?] {
        let found = try metrics.store.series(
            SelectRequest(matchers: [LabelMatcher("__name__", .equal, name)], after: 0, through: .max))
        var buffer = SampleBuffer()
        if found.count > 0 { try found.read(0, into: &buffer) }
        return buffer.values.map { $0.bitPattern == Sample.staleMarker.bitPattern ? nil : $0 }
    }

    @Test("a group that is gone writes nothing more")
    func gone() async throws {
        _ = try book.take([Self.file(["x", "y"])])
        reload(at: .reading, Self.nothing)
        await evaluate()
        #expect(try values("x").isEmpty)
        #expect(try values("y").isEmpty)
        #expect(book.groups.isEmpty)
    }

    @Test("what a group writes just when it goes ends at once")
    func ending() async throws {
        _ = try book.take([Self.file(["x", "y"])])
        reload(at: .writing, Self.nothing)
        await evaluate()
        #expect(try values("x") == [42, nil])
        #expect(try values("y").isEmpty)
    }

    @Test("a group that stays keeps what its rules gave, so that it ends when they go", arguments: [true, false])
    func staying(isReading: Bool) async throws {
        _ = try book.take([Self.file(["x", "y"])])
        reload(at: isReading ? .reading : .writing, Self.file(["y", "z", "x"]))
        await evaluate()
        #expect(try values("x") == [42])
        #expect(try values("y") == [42])
        #expect(try values("z").isEmpty)
        #expect(book.groups.first?.rules.map { $0.evaluatedAt != nil } == [true, false, true])
        await evaluate()
        #expect(try values("x") == [42, 42])
        #expect(try values("y") == [42, 42])
        #expect(try values("z") == [42])
        _ = try book.take([Self.nothing])
        #expect(try values("x") == [42, 42, nil])
        #expect(try values("y") == [42, 42, nil])
        #expect(try values("z") == [42, nil])
    }

    @Test("of a group that stays, a rule that is gone ends, and the others go on")
    func lost() async throws {
        _ = try book.take([Self.file(["x", "y"])])
        reload(at: .writing, Self.file(["y"]))
        await evaluate()
        #expect(try values("x") == [42, nil])
        #expect(try values("y") == [42])
        #expect(book.groups.first?.rules.map { $0.evaluatedAt != nil } == [true])
    }
}
