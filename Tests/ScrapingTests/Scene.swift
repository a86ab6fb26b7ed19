import FoundationEssentials
import MetricsFormats
import MetricsStore
import Scraping
import Series
import Specs
import Values
import Wire

func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

/// One host's scrapes on their way into a store.
final class Scene {
    let store: MetricsStore
    private let folder: String
    private var intakes: [String: HostIntake] = [:]
    /// What every scrape gets beside service, version, instance and host.
    var labels: [(name: String, value: String)] = []
    var rules = ScrapeRules()
    var recalled: RecalledSource?
    var refusal: StoreError?

    init(_ options: StoreOptions = StoreOptions()) throws {
        folder = FileManager.default.temporaryDirectory.path + "/halcyon-scraping-\(UUID().uuidString)"
        store = try MetricsStore(path: folder, options: options)
    }

    deinit {
        store.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Forgets everything but the store, as a server that is started again.
    func restart() { intakes = [:] }

    @discardableResult
    func take(_ body: [UInt8], host: String = "h", receivedAt: Timestamp) throws -> ScrapeOutcome {
        let (store, labels, rules, recalled, refusal) = (store, labels, rules, recalled, refusal)
        let surroundings = HostIntake.Surroundings<StoreError>(
            readHead: { ScrapeHead(plainJSON: $0) },
            readListing: { try? JSONDecoder().decode(TargetListing.self, from: Data($0)) },
            target: { head in
                if let target = head.target { return ScrapeTarget(target, fixed: [("host", host)]) }
                return ScrapeTarget(
                    labels: [
                        ("service", head.service), ("version", head.version), ("instance", head.instance),
                        ("host", host),
                    ] + labels, rules: rules)
            },
            recall: { _ in recalled },
            take: { (batch) throws(StoreError) in
                if let refusal { throw refusal }
                return try store.ingest(batch)
            })
        return try intakes[host, default: HostIntake()].take(body: body, receivedAt: receivedAt, surroundings)
    }

    /// A scrape that is delivered at once.
    @discardableResult
    func scrape(_ seconds: Int64, _ text: String, startedAt: Int64 = 1) throws -> ScrapeOutcome {
        try take(try block(seconds, text, startedAt: startedAt), receivedAt: at(seconds))
    }

    func status(host: String = "h") -> [ScrapeStatus] { intakes[host]?.scrapes ?? [] }

    func listing(host: String = "h") -> TargetListing? { intakes[host]?.listing }

    func found(_ name: String) throws -> [(labels: Labels, samples: SampleBuffer)] {
        let request = SelectRequest(
            matchers: [LabelMatcher("__name__", .equal, name)], after: -1_000_000, through: 10_000_000_000_000)
        let series = try store.series(request)
        return try (0..<series.count).map { index in
            var buffer = SampleBuffer()
            try series.read(index, into: &buffer)
            return (series.labels(index), buffer)
        }
    }

    /// The values of the only series of a name, with their times in seconds; stale markers are `nil`.
    func values(_ name: String) throws -> [Int64: Double?] {
        let buffer = try found(name).first?.samples ?? SampleBuffer()
        let values = buffer.values.map { $0.bitPattern == Sample.staleMarker.bitPattern ? Double?.none : $0 }
        return Dictionary(zip(buffer.times.map { $0 / 1000 }, values)) { first, _ in first }
    }

    /// How far the counters of a name rose, all together.
    func rise(_ name: String, after: Int64, through: Int64) throws -> Double {
        try store.increases(
            [LabelMatcher("__name__", .equal, name)], by: [], after: at(after), through: at(through),
            reachingBack: .seconds(15)
        ).first?.increase.value ?? 0
    }
}

func block(
    _ seconds: Int64, _ text: String, up: Bool = true, startedAt: Int64 = 1, version: String = "1.4.0",
    instance: String = "i1", openMetrics: Bool? = nil, ended: Bool? = nil
) throws -> [UInt8] {
    let head = ScrapeHead(
        service: "storefront", version: version, instance: instance, startedAt: at(startedAt), at: at(seconds),
        up: up, duration: 0.012, failure: up ? nil : "timed out", openMetrics: openMetrics, ended: ended)
    return Array("#scrape ".utf8) + Array(try JSONEncoder().encode(head)) + Array("\n\(text)".utf8)
}
