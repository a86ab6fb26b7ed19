import MetricsFormats
import Series
import Specs

/// What ends, and what is written of every scrape.
extension ScrapeTurn {
    /// The instance is gone: everything of it is stale at once.
    mutating func end(at time: Int64) {
        var batch = IngestBatch()
        if !state.hashes.isEmpty { endSeries(Set(state.hashes), at: time, isGone: true, into: &batch) }
        if let recalled = state.recalled { endRecalled(recalled, at: time, shown: false, into: &batch) }
        if state.newest != nil { endReports(at: time, into: &batch) }
        if !batch.series.isEmpty { batches.append(batch) }
    }

    /// What a person or a rule knows it by has changed: its series end, and others begin where they were.
    mutating func handOver() {
        defer {
            state.target = target
            state.targetBytes = SourceState.encoded(target)
        }
        guard let scrapedAt = state.scrapedAt, !state.hashes.isEmpty else {
            // Its series have ended. What comes under the new labels was counted under the old ones, so that nothing is known of
            // its beginning.
            if let newest = state.newest {
                var ending = IngestBatch()
                endReports(at: newest + 1, into: &ending)
                batches.append(ending)
                state.handedOverAt = newest
            }
            (state.startedAt, state.starts, state.gone, state.scrapedAt) = (0, [:], [], nil)
            return
        }
        state.handedOverAt = scrapedAt
        var ending = IngestBatch()
        endSeries(Set(state.hashes), at: scrapedAt + 1, isGone: true, into: &ending)
        endReports(at: scrapedAt + 1, into: &ending)
        batches.append(ending)
        var beginning = IngestBatch()
        var decoder = target.decoder(samples: .max)
        guard
            (try? decoder.decode(
                state.text, state.isOpenMetrics ? .openMetrics : .either, at: scrapedAt, into: &beginning)) != nil
        else { return }
        // What was counted until now was counted by the series before.
        beginning.starts = []
        beginning.metadata = []
        (state.startedAt, state.starts, state.gone) = (0, [:], [])
        state.hashes = beginning.seriesHashes
        state.reader = target
        batches.append(beginning)
    }

    /// Ends some of the series of the last good scrape.
    ///
    /// - Parameter isGone: whether what showed them is gone, or shows them no more under these labels.
    func endSeries(_ hashes: Set<UInt64>, at time: Int64, isGone: Bool = false, into batch: inout IngestBatch) {
        var old = IngestBatch()
        var decoder = state.reader.decoder(samples: .max)
        let format: ExpositionFormat = state.isOpenMetrics ? .openMetrics : .either
        guard (try? decoder.decode(state.text, format, at: time, into: &old)) != nil else { return }
        for (hash, entry) in zip(old.seriesHashes, old.series) where hashes.contains(hash) {
            // What has times of its own is not from this scrape: it may only be shown late.
            if !isGone, state.reader.rules.honorTimestamps, old.times[entry.samples.lowerBound] != time { continue }
            batch.append(
                plain: old.labelBytes[entry.labels], time: time, value: Sample.staleMarker, start: state.start(of: hash)
            )
        }
    }

    /// Ends the series that the store had of an instance which does not show them any more.
    func endRecalled(_ recalled: RecalledSource, at time: Int64, shown: Bool, into batch: inout IngestBatch) {
        for labels in recalled.series.sorted() where !recalled.isStale {
            // Those that the server writes of every scrape go on, as long as there are scrapes.
            if shown, let name = labels[Labels.metricName], ScrapeTurn.reports.contains(name) { continue }
            batch.append(labels, time: time, value: Sample.staleMarker)
        }
    }

    // MARK: What is written of every scrape

    private static let reports = [
        "up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling",
        "scrape_series_added",
    ]

    /// - Parameter samples: that were left, and how many of them the target had shown before relabelling.
    func report(
        _ batch: inout IngestBatch, up: Bool, duration: Double, samples: (left: Int, shown: Int), added: Int
    ) {
        let shown = up || samples.left > 0 ? samples.shown : 0
        let values = [up ? 1 : 0, duration, Double(shown), up ? Double(samples.left) : 0, Double(added)]
        for (name, value) in zip(ScrapeTurn.reports, values) { append(name, at, value, to: &batch) }
    }

    func endReports(at time: Int64, into batch: inout IngestBatch) {
        for name in ScrapeTurn.reports { append(name, time, Sample.staleMarker, to: &batch) }
    }

    func append(_ name: String, _ time: Int64, _ value: Double, to batch: inout IngestBatch) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(state.targetBytes.count + 64)
        bytes.appendLabel(Labels.metricName, name)
        bytes += state.targetBytes
        batch.append(plain: bytes[...], time: time, value: value)
    }
}
