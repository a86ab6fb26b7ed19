public import Series
import Values

/// What is remembered of one instance from scrape to scrape.
struct SourceState: Sendable {
    var target: ScrapeTarget
    /// The target's labels, encoded for a batch.
    var targetBytes: [UInt8]
    /// When the counters of most series started, in milliseconds since the epoch; 0 when that is not known.
    var startedAt: Int64
    /// The counters that started at another time, by the hash of their labels: they appeared later.
    var starts: [UInt64: Int64] = [:]
    /// The series of the last scrape that succeeded, by the hash of their labels, in the order of its text.
    var hashes: [UInt64] = []
    /// That text: what vanishes is found in it, and its last values.
    var text: [UInt8] = []
    /// How that text was read: the next may be read in another way.
    var reader: ScrapeTarget
    var isOpenMetrics = false
    /// Series that were there once; they keep their start when they come back.
    var gone: Set<UInt64> = []
    /// When the last scrape was made that succeeded, and the last one of all, by the server's clock.
    var scrapedAt: Int64?
    var newest: Int64?
    /// Until when its samples were given other labels.
    var handedOverAt: Int64?
    /// What the store had of it before it was known here.
    var recalled: RecalledSource?
    var heardAt = Timestamp.epoch
    var duration = 0.0
    var failure: String?
    var isTarget = false

    init(_ target: ScrapeTarget, startedAt: Int64, _ recalled: RecalledSource?) {
        self.target = target
        self.reader = target
        self.targetBytes = SourceState.encoded(target)
        self.startedAt = startedAt
        self.recalled = recalled
        guard let recalled else { return }
        if recalled.series.contains(Labels([(Labels.metricName, "up")] + target.labels)) {
            scrapedAt = recalled.scrapedAt
        } else {
            // It had other labels then: its counters go on from where they are.
            self.startedAt = 0
        }
    }

    static func encoded(_ target: ScrapeTarget) -> [UInt8] {
        var bytes: [UInt8] = []
        for label in target.labels { bytes.appendLabel(label.name, label.value) }
        return bytes
    }

    /// No instance is remembered to have had more series than this beside those that it shows.
    static let mostGone = 20_000

    func start(of hash: UInt64) -> Int64 { starts[hash] ?? startedAt }

    /// Notes that these series are not shown any more.
    mutating func forget(_ hashes: some Sequence<UInt64>) {
        for hash in hashes {
            if gone.count < SourceState.mostGone { gone.insert(hash) } else { starts[hash] = nil }
        }
    }
}

/// What the store has of an instance: the server was started again since it was scraped last.
public struct RecalledSource: Sendable {
    /// The series that were not stale.
    public var series: Set<Labels>
    /// When it was scraped last, in milliseconds since the epoch.
    public var scrapedAt: Int64
    /// All of them were ended already.
    var isStale = false

    public init(series: Set<Labels>, scrapedAt: Int64) {
        self.series = series
        self.scrapedAt = scrapedAt
    }
}

extension [UInt8] {
    /// Appends a label as batches of the syntax `plain` have them.
    mutating func appendLabel(_ name: String, _ value: String) {
        for text in [name, value] {
            var length = text.utf8.count
            while length >= 0x80 {
                append(UInt8(truncatingIfNeeded: length) | 0x80)
                length >>= 7
            }
            append(UInt8(length))
            append(contentsOf: text.utf8)
        }
    }
}
