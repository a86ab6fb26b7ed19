import Series
import Values
import Wire

extension WindowState {
    /// Adds one scrape: its samples, `up` and `scrape_duration_seconds`, and the end of the series that it no longer shows.
    ///
    /// The times that a text gives itself are not used: a verdict needs to know when a value was seen.
    mutating func take(
        _ block: ScrapeBlock, of body: [UInt8], host: String, hostLabels: [String: String], shift: ClockCorrection,
        limits: WindowLimits, outcome: inout IngestOutcome
    ) {
        let head = block.head
        let source = ScrapeSource(
            service: head.service, version: head.version, instance: head.instance, host: host, hostLabels: hostLabels)
        let at = shift.apply(head.at)
        let startedAt = shift.apply(head.startedAt)
        // Taken out while it changes, so that the dictionary is not copied.
        var known = sources.removeValue(forKey: source) ?? SourceState()
        // A body that is delivered again, or late, says nothing of what is missing now.
        let isNewest = at > known.scrapedAt ?? at - .milliseconds(1)
        if isNewest { known.beginScrape() }
        known.up = note("up", head.up ? 1 : 0, at, startedAt, source, known.up, &outcome)
        known.duration = note("scrape_duration_seconds", head.duration, at, startedAt, source, known.duration, &outcome)
        if head.up {
            var reader = ExpositionReader(body, in: block.text, limits: limits.exposition)
            read(&reader, of: body, at: at, startedAt: startedAt, source, &known, &outcome)
        }
        if isNewest {
            for number in known.vanished { markStale(number, at: at) }
            if head.up { known.endScrape(at: at) }
        }
        sources[source] = known
    }

    private mutating func read(
        _ reader: inout ExpositionReader, of body: [UInt8], at: Timestamp, startedAt: Timestamp,
        _ source: ScrapeSource, _ known: inout SourceState, _ outcome: inout IngestOutcome
    ) {
        var errors = 0
        while true {
            do throws(ExpositionError) {
                guard let sample = try reader.next() else { return }
                let written = body[sample.series]
                let hash = SourceState.hash(written)
                var number = known.find(written, hash: hash)
                if number == nil {
                    let labels = source.labels(adding: reader.labels(of: sample))
                    number = series(labels, startedAt: startedAt, absentAt: known.scrapedAt)
                    if let number { known.remember(written, hash: hash, number: number) }
                }
                guard let number else {
                    outcome.refusedSeries[source.service, default: 0] += 1
                    continue
                }
                add(Sample(at: at, value: sample.value), to: number, &outcome)
            } catch {
                outcome.reject("\(source.service) on \(source.host): \(error)")
                errors += 1
                // A text that is not one at all, or one with too many samples, which every further call would say again.
                if errors == 20 { return }
            }
        }
    }

    /// Adds a sample of a series that the server makes itself.
    private mutating func note(
        _ name: String, _ value: Double, _ at: Timestamp, _ startedAt: Timestamp, _ source: ScrapeSource,
        _ known: Int?, _ outcome: inout IngestOutcome
    ) -> Int? {
        let labels = known == nil ? source.labels(adding: ["__name__": name]) : [:]
        guard let number = known ?? series(labels, startedAt: startedAt, absentAt: nil) else {
            outcome.refusedSeries[source.service, default: 0] += 1
            return nil
        }
        add(Sample(at: at, value: value), to: number, &outcome)
        return number
    }
}
