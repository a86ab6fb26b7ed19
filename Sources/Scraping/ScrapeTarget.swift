import MetricsFormats
import Series
public import Specs
public import Wire

/// What a scrape's samples are given, and how much it may show.
public struct ScrapeTarget: Sendable {
    /// What all that is written of the target is given. None is empty.
    public let labels: [(name: String, value: String)]
    public var rules: ScrapeRules
    /// Those that win over the labels of the text unless `rules` say otherwise, those that always do, and those that never do.
    private var usual: [(name: String, value: String)]
    private var fixed: [(name: String, value: String)] = []
    private var fallbacks: [(name: String, value: String)] = []

    /// - Parameter labels: that every series gets; they win over those in the text unless `rules` say otherwise.
    public init(labels: [(name: String, value: String)], rules: ScrapeRules = ScrapeRules()) {
        self.labels = labels.filter { !$0.value.isEmpty }
        self.rules = rules
        usual = self.labels
    }

    /// A target that an agent found by itself.
    ///
    /// - Parameter fixed: labels that no label of the target or its text replaces; theirs become `exported_NAME`.
    public init(_ target: ScrapedTarget, fixed: [(name: String, value: String)]) {
        func pairs(_ labels: [String: String]?) -> [(name: String, value: String)] {
            (labels ?? [:]).filter { !$0.value.isEmpty && !$0.key.isEmpty && $0.key != Labels.metricName }
                .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
        var own = pairs(target.labels)
        for index in own.indices {
            while fixed.contains(where: { $0.name == own[index].name })
                || own.indices.contains(where: { $0 != index && own[$0].name == own[index].name })
            {
                own[index].name = "exported_" + own[index].name
            }
        }
        let others = pairs(target.external).filter { external in
            !(own + fixed).contains { $0.name == external.name }
        }
        labels = own + others + fixed
        usual = target.isRelabelled == true ? [] : own
        (self.fixed, fallbacks) = (fixed, target.isRelabelled == true ? [] : others)
        rules = ScrapeRules(
            honorLabels: target.honorLabels ?? false, honorTimestamps: target.honorTimestamps ?? false,
            sampleLimit: target.sampleLimit)
        rules.labelLimit = target.labelLimit
        rules.labelNameLengthLimit = target.labelNameLengthLimit
        rules.labelValueLengthLimit = target.labelValueLengthLimit
    }

    func hasLabels(of other: ScrapeTarget) -> Bool {
        labels.elementsEqual(other.labels) { $0.name == $1.name && $0.value == $1.value }
    }

    func decoder(samples: Int) -> ExpositionDecoder {
        var limits = ExpositionLimits()
        limits.samples = samples
        limits.labelsPerSample = max(limits.labelsPerSample, rules.labelLimit ?? 0)
        var decoder = ExpositionDecoder(limits: limits)
        decoder.targetLabels = usual
        decoder.fixedLabels = fixed
        decoder.fallbackLabels = fallbacks
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
