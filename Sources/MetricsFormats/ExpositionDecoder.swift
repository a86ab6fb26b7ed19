public import Series
import Values

/// Reads what a target shows when it is scraped (Prometheus text 0.0.4 and 1.0, OpenMetrics 1.0) into a batch.
///
/// One broken line refuses the whole text, as a scrape is all or nothing. `_created` samples of OpenMetrics become the start
/// times of their counters and histograms, and are no series of their own.
public struct ExpositionDecoder: Sendable {
    /// What a target adds to each series, such as `job` and `instance`.
    public var targetLabels: [(name: String, value: String)] = []
    /// Labels of the text win over those of the target; else they are kept as `exported_…`.
    public var honorsLabels = false
    /// Labels that win in any case.
    public var fixedLabels: [(name: String, value: String)] = []
    /// Labels that a series is given when it has none of that name.
    public var fallbackLabels: [(name: String, value: String)] = []
    /// Times that the text gives are taken; else all samples have the time of the scrape.
    public var honorsTimes = true
    public var limits: ExpositionLimits

    private var targets: [(name: [UInt8], value: [UInt8], wins: Bool)] = []

    public init(limits: ExpositionLimits = ExpositionLimits()) { self.limits = limits }

    /// Reads a text that was scraped at a time, in milliseconds since the epoch.
    ///
    /// - Throws: `FormatError.text` with the line and column of what is wrong.
    public mutating func decode(
        _ text: [UInt8], _ format: ExpositionFormat, at time: Int64, into batch: inout IngestBatch
    ) throws(FormatError) {
        batch.removeAll()
        batch.syntax = .plain
        targets =
            targetLabels.map { (Array($0.name.utf8), Array($0.value.utf8), !honorsLabels) }
            + fixedLabels.map { (Array($0.name.utf8), Array($0.value.utf8), true) }
            + fallbackLabels.map { (Array($0.name.utf8), Array($0.value.utf8), false) }
        if format == .openMetrics { try checkEnd(text) }
        var reader = ExpositionReader(text, format: format, limits: limits)
        var hasCreated = false
        do throws(ExpositionError) {
            while let sample = try reader.next() {
                let first = batch.labelBytes.count
                let name = appendLabels(text, sample.series, into: &batch)
                hasCreated = hasCreated || format == .openMetrics && text[name].suffix(8).elementsEqual("_created".utf8)
                if sample.hasExemplar { batch.exemplars += 1 }
                let index = batch.times.count
                batch.append(
                    time: honorsTimes ? sample.timestamp?.milliseconds ?? time : time, value: sample.value)
                batch.series.append(
                    IngestBatch.Series(labels: first..<batch.labelBytes.count, samples: index..<index + 1))
            }
        } catch {
            throw .text(error.message, line: error.line, column: error.column)
        }
        readMetadata(text, format, into: &batch)
        if hasCreated { batch.takeCreatedAsStarts() }
    }

    private func checkEnd(_ text: [UInt8]) throws(FormatError) {
        var end = text[...]
        if end.last == UInt8(ascii: "\n") { end = end.dropLast() }
        guard end.suffix(5).elementsEqual("# EOF".utf8) else {
            let line = text.count { $0 == UInt8(ascii: "\n") } + 1
            throw .text("an OpenMetrics text must end with '# EOF': it was cut off", line: line, column: 1)
        }
    }

    /// Writes out the labels of a series that is known to be well-formed; answers where the metric's name is in the text.
    private func appendLabels(_ text: [UInt8], _ range: Range<Int>, into batch: inout IngestBatch) -> Range<Int> {
        let first = batch.labelBytes.count
        var place = range.lowerBound
        var pending: Range<Int>?
        var metric = place..<place
        while place < range.upperBound {
            let byte = text[place]
            if byte == UInt8(ascii: "\"") {
                let quoted = ExpositionDecoder.quoted(text, &place)
                if let name = pending {
                    appendLabel(text, name, quoted, of: range, into: &batch)
                    pending = nil
                } else {
                    pending = quoted
                }
            } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") {
                // Only the metric's name is followed by anything but '='.
                if let name = pending { metric = name }
                pending = nil
                place += 1
            } else if ExpositionDecoder.isNamePart(byte) {
                let start = place
                while place < range.upperBound, ExpositionDecoder.isNamePart(text[place]) { place += 1 }
                pending = start..<place
            } else {
                place += 1
            }
        }
        if let name = pending { metric = name }
        batch.appendText(Labels.metricName.utf8)
        batch.appendText(ExpositionDecoder.unescaped(text, metric))
        appendTargets(first, into: &batch)
        return metric
    }

    /// The target's own labels; one that the text has, too, is left out where the text's win.
    private func appendTargets(_ start: Int, into batch: inout IngestBatch) {
        for (name, value, wins) in targets {
            if !wins, batch.hasLabel(name, from: start) { continue }
            batch.appendLabel(name, value)
        }
    }

    private func appendLabel(
        _ text: [UInt8], _ name: Range<Int>, _ value: Range<Int>, of series: Range<Int>, into batch: inout IngestBatch
    ) {
        let nameBytes = ExpositionDecoder.unescaped(text, name)
        if isTarget(nameBytes) {
            var free = Array("exported_".utf8) + nameBytes
            let others = ExpositionReader.labels(text, series)
            while isTarget(free[...]) || others[String(decoding: free, as: UTF8.self)] != nil {
                free = Array("exported_".utf8) + free
            }
            batch.appendText(free)
        } else {
            batch.appendText(nameBytes)
        }
        batch.appendText(ExpositionDecoder.unescaped(text, value))
    }

    private func isTarget(_ name: ArraySlice<UInt8>) -> Bool {
        targets.contains { $0.wins && $0.name.elementsEqual(name) }
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (65...90).contains(byte) || (48...58).contains(byte) || byte == UInt8(ascii: "_")
    }

    /// Passes a quoted text; answers what is between the quotes.
    private static func quoted(_ text: [UInt8], _ place: inout Int) -> Range<Int> {
        place += 1
        let start = place
        while place < text.count, text[place] != UInt8(ascii: "\"") {
            place += text[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        defer { place += 1 }
        return start..<min(place, text.count)
    }

    private static func unescaped(_ text: [UInt8], _ range: Range<Int>) -> ArraySlice<UInt8> {
        let raw = text[range]
        guard raw.contains(UInt8(ascii: "\\")) else { return raw }
        var result: [UInt8] = []
        var isEscaped = false
        for byte in raw {
            if isEscaped {
                result.append(byte == UInt8(ascii: "n") ? UInt8(ascii: "\n") : byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                result.append(byte)
            }
        }
        return result[...]
    }
}
