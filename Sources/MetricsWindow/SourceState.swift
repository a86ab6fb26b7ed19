import Series
import Values

/// One instance that is scraped: the labels that all its series get.
struct ScrapeSource: Hashable {
    var service: String
    var version: String
    var instance: String
    var host: String
    var hostLabels: [String: String]

    /// The labels of a scraped series with those that the server adds. What it adds wins; what it displaces is kept as
    /// `exported_NAME`.
    func labels(adding scraped: [String: String]) -> [String: String] {
        let added = own
        var labels = scraped
        for name in scraped.keys.sorted() where added[name] != nil {
            var kept = "exported_\(name)"
            while labels[kept] != nil || added[kept] != nil { kept = "exported_\(kept)" }
            labels[kept] = scraped[name]
        }
        return labels.merging(added) { _, added in added }.filter { !$0.value.isEmpty }
    }

    /// A host cannot pass for another by a label of its own called `service` or `host`.
    private var own: [String: String] {
        var labels = hostLabels
        labels["__name__"] = nil
        labels["service"] = service
        labels["version"] = version
        labels["instance"] = instance
        labels["host"] = host
        return labels
    }
}

/// What is remembered of a source: its series by the bytes that the text writes them with.
struct SourceState {
    /// How a series is found again without decoding its labels.
    struct Known {
        var written: [UInt8]
        var number: Int
        /// The scrape in which it was last seen.
        var seen: Int
    }

    private var known: [UInt64: [Known]] = [:]
    private(set) var scrape = 0
    /// The last scrape that succeeded.
    private(set) var scrapedAt: Timestamp?
    var up: Int?
    var duration: Int?

    var isEmpty: Bool { known.isEmpty && up == nil && duration == nil }

    mutating func beginScrape() { scrape += 1 }

    mutating func endScrape(at time: Timestamp) { scrapedAt = max(scrapedAt ?? time, time) }

    /// The number of the series, if these bytes were seen before.
    mutating func find(_ written: ArraySlice<UInt8>, hash: UInt64) -> Int? {
        guard let place = known[hash]?.firstIndex(where: { $0.written.elementsEqual(written) }) else { return nil }
        known[hash]?[place].seen = scrape
        return known[hash]?[place].number
    }

    mutating func remember(_ written: ArraySlice<UInt8>, hash: UInt64, number: Int) {
        known[hash, default: []].append(Known(written: Array(written), number: number, seen: scrape))
    }

    /// The series that the scrape before this one showed and this one did not.
    var vanished: [Int] {
        known.values.joined().filter { $0.seen == scrape - 1 }.map(\.number)
    }

    mutating func renumber(_ numbers: [Int?]) {
        func renumbered(_ number: Int?) -> Int? { number.flatMap { numbers[$0] } }
        (up, duration) = (renumbered(up), renumbered(duration))
        known = known.compactMapValues { entries in
            let kept = entries.compactMap { entry in
                numbers[entry.number].map { Known(written: entry.written, number: $0, seen: entry.seen) }
            }
            return kept.isEmpty ? nil : kept
        }
    }

    /// FNV-1a; only ever compared within one process, and always followed by a comparison of the bytes.
    static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return hash
    }
}
