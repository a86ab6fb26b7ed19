import MetricsFormats
import Series
public import Specs

/// What a scrape's samples are given, and how much it may show.
public struct ScrapeTarget: Sendable {
    /// Labels that every series gets; they win over those in the text unless `rules` say otherwise. None is empty.
    public var labels: [(name: String, value: String)]
    public var rules: ScrapeRules

    public init(labels: [(name: String, value: String)], rules: ScrapeRules = ScrapeRules()) {
        self.labels = labels.filter { !$0.value.isEmpty }
        self.rules = rules
    }

    func hasLabels(of other: ScrapeTarget) -> Bool {
        labels.elementsEqual(other.labels) { $0.name == $1.name && $0.value == $1.value }
    }

    func decoder(samples: Int) -> ExpositionDecoder {
        var limits = ExpositionLimits()
        limits.samples = samples
        limits.labelsPerSample = max(limits.labelsPerSample, rules.labelLimit ?? 0)
        var decoder = ExpositionDecoder(limits: limits)
        decoder.targetLabels = labels
        decoder.honorsLabels = rules.honorLabels
        decoder.honorsTimes = rules.honorTimestamps
        return decoder
    }

    /// What is wrong with the labels of a batch; `nil` when all are within the limits.
    func excess(_ batch: IngestBatch) -> String? {
        let limits = rules
        guard limits.labelLimit != nil || limits.labelNameLengthLimit != nil || limits.labelValueLengthLimit != nil
        else { return nil }
        return batch.labelBytes.withUnsafeBufferPointer { buffer in
            for entry in batch.series {
                let part = UnsafeBufferPointer(rebasing: buffer[entry.labels])
                var cursor = LabelCursor()
                var count = 0
                func text(_ range: Range<Int>) -> String { String(decoding: part[range].prefix(60), as: UTF8.self) }
                while let label = cursor.next(part) {
                    count += 1
                    if let most = limits.labelNameLengthLimit, label.name.count > most {
                        return "the label name '\(text(label.name))' has \(label.name.count) bytes, more than the "
                            + "labelNameLengthLimit of \(most)"
                    }
                    if let most = limits.labelValueLengthLimit, label.value.count > most {
                        return
                            "the label '\(text(label.name))' has a value of \(label.value.count) bytes, more than the "
                            + "labelValueLengthLimit of \(most)"
                    }
                }
                if let most = limits.labelLimit, count > most {
                    return "a series has \(count) labels, more than the labelLimit of \(most)"
                }
            }
            return nil
        }
    }
}
