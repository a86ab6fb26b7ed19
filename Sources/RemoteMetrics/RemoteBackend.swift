import NIOHTTP1
public import Ports
import QueryJSON
public import Series
import Synchronization
public import Values
public import Wire

/// Metrics that are read from another server by Prometheus' query API: Prometheus, Mimir, Thanos, VictoriaMetrics.
public final class RemoteBackend: MetricsBackend, SampleSource {
    /// What one answer may take, in bytes.
    static let answerLimit = 64 << 20
    /// As many as a check may touch of the embedded store.
    private static let limits = (series: 50_000, samples: 1_000_000)

    let client: BackendClient
    /// How long all reading for one look at the checks, or for one rule, may take together.
    let timeout: Period
    /// Why it could not be asked last; `nil` when it answered.
    private let problem = Mutex<String?>(nil)

    /// - Throws: when what the settings name cannot be read.
    public init(_ settings: BackendSettings, release: String, timeout: Period) throws(Problem) {
        client = try BackendClient(settings, release: release)
        self.timeout = timeout
    }

    public var address: String { client.settings.shown }
    public var lastProblem: String? { problem.withLock { $0 } }

    public func shutDown() async { await client.shutDown() }

    // MARK: Queries as they are

    public func answer(
        _ path: [String], _ fields: [(name: String, value: String)], timeout: Period
    ) async throws(QueryError) -> BackendAnswer {
        let answer = try await ask(path, fields, timeout: timeout)
        return BackendAnswer(status: answer.status, body: answer.body)
    }

    /// Answers with JSON of the API, whether it is of success or not; all else throws.
    private func ask(
        _ path: [String], _ fields: [(name: String, value: String)], timeout: Period
    ) async throws(QueryError) -> BackendClient.Answer {
        let form = SelectorText.form(fields)
        let isForm = path.count == 1 && path != ["metadata"]
        let target =
            "/api/v1/" + path.map { percentEncoded($0) }.joined(separator: "/")
            + (isForm || form.isEmpty ? "" : "?\(form)")
        do throws(BackendClient.Failure) {
            let answer = try await client.ask(
                target,
                headers: isForm ? [("Content-Type", "application/x-www-form-urlencoded")] : [],
                body: isForm ? Array(form.utf8) : nil, timeout: timeout, limit: RemoteBackend.answerLimit)
            if let reason = RemoteBackend.flaw(answer) { throw client.failure(reason) }
            problem.withLock { $0 = nil }
            return answer
        } catch {
            // Whoever asked may have gone away: that says nothing of the backend.
            if !Task.isCancelled { problem.withLock { $0 = error.reason } }
            throw .unavailable("the metrics backend \(error.reason)")
        }
    }

    /// Why an answer is none of this API.
    private static func flaw(_ answer: BackendClient.Answer) -> String? {
        switch answer.status {
        case 401, 403, 407: return "it refuses the credentials that it is given (status \(answer.status))"
        case 300..<400: return "it answers with a redirect, which is not followed (status \(answer.status))"
        default: break
        }
        let isJSON = answer.body.first { ![0x20, 0x0a, 0x0d, 0x09].contains($0) } == UInt8(ascii: "{")
        guard isJSON else {
            return "its answer is not that of Prometheus' API (status \(answer.status)"
                + (answer.headers.first(name: "content-type").map { ", \($0.prefix(60)))" } ?? ")")
        }
        return nil
    }

    // MARK: Samples

    public func select(_ request: SelectRequest) async throws(QueryError) -> any SeriesSet {
        try await fetch(request, timeout: timeout)
    }

    /// Reads samples as they are: a range selector by itself is answered with them.
    func fetch(_ request: SelectRequest, timeout: Period) async throws(QueryError) -> FetchedSeries {
        guard request.through > request.after else { return FetchedSeries([]) }
        let span = min(request.through - request.after, RemoteBackend.longestSpan)
        let selector = SelectorText.selector(request.matchers)
        let text = request.wantsNewestOnly ? selector : "\(selector)[\(span)ms]"
        // VictoriaMetrics leaves the newest samples out of what it caches.
        let fields = [
            (name: "query", value: text), (name: "time", value: SelectorText.time(request.through)),
            (name: "nocache", value: "1"), (name: "timeout", value: "\(max(timeout.milliseconds, 1))ms"),
        ]
        let answer = try await ask(["query"], fields, timeout: timeout)
        let series = request.limitSeries > 0 ? request.limitSeries : RemoteBackend.limits.series
        let samples = request.limitSamples > 0 ? request.limitSamples : RemoteBackend.limits.samples
        let read = try read(answer, .samples, series: series, samples: samples)
        // To VictoriaMetrics NaN is a stale marker: it keeps no other.
        let isStaleNaN = answer.headers.first(name: "x-server-hostname") != nil
        return FetchedSeries(
            read.series.map { ($0.labels, $0.samples.cut(after: request.after, isStaleNaN)) }
                .filter { $0.1.count > 0 })
    }

    /// No backend keeps more.
    private static let longestSpan: Int64 = 100 * 365 * 24 * 3_600_000

    private func read(
        _ answer: BackendClient.Answer, _ shape: QueryAnswer.Shape, series: Int = 0, samples: Int = 0
    ) throws(QueryError) -> QueryAnswer {
        let read: QueryAnswer
        do throws(QueryAnswer.Problem) {
            read = try QueryAnswer(answer.body, shape, limitSeries: series, limitSamples: samples)
        } catch {
            switch error {
            case .tooManySeries: throw .tooManySeries(limit: series)
            case .tooManySamples: throw .tooManySamples(limit: samples)
            case .histograms:
                throw .unavailable(
                    "the metrics backend \(address) answers with native histograms, which cannot be read back exactly")
            case .malformed(let offset):
                throw .unavailable("the metrics backend \(address): its answer is broken at byte \(offset)")
            }
        }
        guard read.isSuccess else {
            throw .unavailable("the metrics backend \(address) cannot answer: \(read.error.prefix(300))")
        }
        return read
    }

    // MARK: Names

    public func labelNames(
        _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] {
        try await texts(["labels"], matchers, after, through, limit)
    }

    public func labelValues(
        _ name: String, _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] {
        try await texts(["label", name, "values"], matchers, after, through, limit)
    }

    private func texts(
        _ path: [String], _ matchers: [[LabelMatcher]], _ after: Int64, _ through: Int64, _ limit: Int
    ) async throws(QueryError) -> [String] {
        var fields = matchers.map { (name: "match[]", value: SelectorText.selector($0)) }
        if after > 0 { fields.append((name: "start", value: SelectorText.time(after + 1))) }
        if through < 253_402_300_800_000 { fields.append((name: "end", value: SelectorText.time(through))) }
        if limit > 0 { fields.append((name: "limit", value: "\(limit)")) }
        let texts = try read(try await ask(path, fields, timeout: timeout), .texts).texts.sorted()
        return limit > 0 ? Array(texts.prefix(limit)) : texts
    }

    public func metadata(_ metric: String?, limit: Int) async throws(QueryError) -> [MetricMetadata] {
        var fields: [(name: String, value: String)] = []
        if let metric { fields.append((name: "metric", value: metric)) }
        if limit > 0 { fields.append((name: "limit", value: "\(limit)")) }
        let found = try read(try await ask(["metadata"], fields, timeout: timeout), .metadata).metadata
        return limit > 0 ? Array(found.prefix(limit)) : found
    }
}
