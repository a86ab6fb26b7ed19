import MetricsFormats
import Series
import Specs
import Values
import Wire

/// One scrape on its way to the store: its samples with their starts, what Prometheus writes of every scrape (`up` and the
/// others), and stale markers for what is not shown any more.
struct ScrapeTurn {
    var state: SourceState
    private(set) var target: ScrapeTarget
    /// In milliseconds since the epoch, by the server's clock.
    let at: Int64
    var batches: [IngestBatch] = []
    /// The instance is gone, and need not be remembered.
    var isOver = false
    /// Why an answer was refused that the agent had taken for good.
    var refusal: String?

    init(state: SourceState, target: ScrapeTarget, at: Int64) {
        (self.state, self.target, self.at) = (state, target, at)
    }

    mutating func take(_ head: ScrapeHead, _ text: [UInt8]) {
        // A body that is delivered again, or late, says nothing of what is missing now.
        let isNewest = state.newest.map { at > $0 } ?? true
        if head.ended == true {
            isOver = true
            end(at: max(at, (state.newest ?? at) + 1))
            return
        }
        if isNewest {
            if !state.target.hasLabels(of: target) { handOver() }
            state.target = target
        } else {
            // From before its labels changed: the series that it belongs to have ended.
            if let handedOverAt = state.handedOverAt, at <= handedOverAt { return }
            // The labels change with the next scrape, not with one that is behind.
            let rules = target.rules
            target = state.target
            target.rules = rules
        }
        var batch = IngestBatch()
        batch.series.reserveCapacity(state.hashes.count + 5)
        var failure = head.up ? nil : head.failure ?? "the scrape failed"
        if failure == nil {
            failure = decode(text, head.isOpenMetrics, into: &batch)
            refusal = failure
        }
        let samples = batch.times.count
        if failure != nil { batch.removeAll() }
        let added = failure == nil ? noteSeries(&batch, isNewest: isNewest, text, head.isOpenMetrics) : 0
        if failure != nil, isNewest { fail(&batch) }
        if isNewest {
            state.newest = at
            (state.failure, state.duration) = (failure, head.duration)
        }
        report(
            &batch, up: failure == nil, duration: head.duration,
            samples: (failure == nil || refusal != nil ? samples : 0, shown: head.target?.samples ?? samples),
            added: added)
        batches.append(batch)
    }

    /// - Returns: why the text is refused.
    private func decode(_ text: [UInt8], _ isOpenMetrics: Bool, into batch: inout IngestBatch) -> String? {
        if let most = target.rules.bodySizeLimit, text.count > most.bytes {
            return "the answer has \(text.count) bytes, more than the bodySizeLimit of \(most)"
        }
        let most = target.rules.sampleLimit
        // Some more are read, to say how many there are.
        var decoder = target.decoder(samples: max(ScrapeRules.mostSamples, most ?? 0))
        do throws(FormatError) {
            try decoder.decode(text, isOpenMetrics ? .openMetrics : .either, at: at, into: &batch)
        } catch {
            return "\(error)"
        }
        if let most, batch.times.count > most {
            return "it shows \(batch.times.count) samples, more than the sampleLimit of \(most)"
        }
        return target.excess(batch)
    }

    /// Gives the samples their starts, and ends the series that are not shown any more.
    ///
    /// - Returns: how many series the scrape before did not show.
    private mutating func noteSeries(
        _ batch: inout IngestBatch, isNewest: Bool, _ text: [UInt8], _ isOpenMetrics: Bool
    ) -> Int {
        let hashes = batch.seriesHashes
        guard isNewest else {
            give(starts: hashes, to: &batch)
            return 0
        }
        var added: Set<UInt64> = []
        var vanished: Set<UInt64> = []
        if hashes != state.hashes {
            vanished = Set(state.hashes)
            for (index, hash) in hashes.enumerated() where !vanished.contains(hash) && added.insert(hash).inserted {
                noteNew(hash, batch, index)
            }
            vanished.subtract(hashes)
        }
        give(starts: hashes, to: &batch)
        if !vanished.isEmpty { endSeries(vanished, at: at, into: &batch) }
        state.forget(vanished)
        if let recalled = state.recalled { endRecalled(recalled, at: at, shown: true, into: &batch) }
        (state.hashes, state.text, state.isOpenMetrics) = (hashes, text, isOpenMetrics)
        state.reader = target
        state.scrapedAt = at
        // What it does not show now has ended. Should it come back, it goes on where it was.
        state.recalled?.isStale = true
        return added.count
    }

    /// A series that the scrape before did not show: it appeared since then, so that its counter was 0 then.
    private mutating func noteNew(_ hash: UInt64, _ batch: IngestBatch, _ index: Int) {
        if state.gone.remove(hash) != nil { return }
        guard let scrapedAt = state.scrapedAt else { return }
        if state.recalled != nil, let labels = try? batch.labels(of: batch.series[index], limits: .init()),
            state.recalled?.series.remove(labels) != nil
        {
            return
        }
        state.starts[hash] = scrapedAt
    }

    private func give(starts hashes: [UInt64], to batch: inout IngestBatch) {
        guard state.startedAt != 0 || !state.starts.isEmpty else { return }
        let told = batch.starts
        batch.starts = [Int64](repeating: 0, count: batch.times.count)
        for (index, hash) in hashes.enumerated() {
            let start = state.start(of: hash)
            for sample in batch.series[index].samples {
                // What the text itself says of its counters (`_created`) is nearer to the truth.
                let own = told.isEmpty || told[sample] == 0 ? start : told[sample]
                batch.starts[sample] = own <= batch.times[sample] ? own : 0
            }
        }
    }

    /// Every series of a scrape that failed is stale.
    private mutating func fail(_ batch: inout IngestBatch) {
        if !state.hashes.isEmpty { endSeries(Set(state.hashes), at: at, into: &batch) }
        if let recalled = state.recalled {
            endRecalled(recalled, at: at, shown: true, into: &batch)
            state.recalled?.isStale = true
        }
        state.forget(state.hashes)
        (state.hashes, state.text) = ([], [])
    }
}
