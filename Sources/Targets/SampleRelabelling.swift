public import Series

/// Rewrites what a target shows: every sample gets the target's labels, is relabelled, and may be dropped.
///
/// What became of a series is remembered by its bytes, so that a scrape like the one before does no rule again.
public struct SampleRelabelling: Sendable {
    private struct Known {
        var series: [UInt8]
        /// As it is written now; `nil` when it is dropped.
        var rewritten: [UInt8]?
        var generation: Int
    }

    private let rules: [RelabelRule]
    private let labels: [(name: String, value: String)]
    private let external: [(name: String, value: String)]
    private let honorsLabels: Bool
    private var known: [UInt64: Known] = [:]
    private var generation = 0

    /// How many series are remembered.
    var knownCount: Int { known.count }

    /// - Parameters:
    ///   - labels: of the target.
    ///   - external: what a series gets in the end, unless it has a label of that name.
    public init(
        rules: [RelabelRule], labels: [(name: String, value: String)], external: [(name: String, value: String)] = [],
        honorsLabels: Bool
    ) {
        (self.rules, self.labels, self.external) = (rules, labels, external)
        self.honorsLabels = honorsLabels
    }

    /// A text of samples with their final labels, after the metadata of the text.
    ///
    /// - Returns: that text, and how many samples were there before.
    /// - Throws: what is wrong with a line; nothing of the text should be used then.
    public mutating func rewrite(
        _ text: [UInt8], isOpenMetrics: Bool, limits: ExpositionLimits = ExpositionLimits()
    ) throws(ExpositionError) -> (text: [UInt8], samples: Int) {
        generation += 1
        let metadata = ExpositionTypes(text)
        var result = metadata.lines
        result.reserveCapacity(text.count)
        var reader = ExpositionReader(text, format: isOpenMetrics ? .openMetrics : .either, limits: limits)
        var samples = 0
        // Also when a line is wrong: a target that always shows another text with a mistake must not be remembered for ever.
        defer { if known.count > 2 * samples + 100 { known = known.filter { $0.value.generation == generation } } }
        while let sample = try reader.next() {
            samples += 1
            let suffix = isOpenMetrics ? metadata.createdSuffix(text, sample.series) : nil
            guard let series = try rewritten(text, sample, createdSuffix: suffix) else { continue }
            result += series
            // The value, and perhaps a time and an exemplar.
            result += text[sample.series.upperBound...].prefix { $0 != UInt8(ascii: "\n") }
            result.append(UInt8(ascii: "\n"))
        }
        if isOpenMetrics, metadata.isComplete { result += Array("# EOF\n".utf8) }
        return (result, samples)
    }

    private mutating func rewritten(
        _ text: [UInt8], _ sample: ExpositionSample, createdSuffix: String?
    ) throws(ExpositionError) -> [UInt8]? {
        let hash = text.withUnsafeBytes { hashOfBytes(UnsafeRawBufferPointer(rebasing: $0[sample.series])) }
        if let entry = known[hash], entry.series.elementsEqual(text[sample.series]) {
            known[hash]?.generation = generation
            return entry.rewritten
        }
        let result = try relabelled(text, sample, createdSuffix)
        known[hash] = Known(series: Array(text[sample.series]), rewritten: result, generation: generation)
        return result
    }

    /// - Parameter createdSuffix: of an OpenMetrics `_created`, the ending of the series that it tells the start of: it is relabelled
    ///   as that series is, so that it still belongs to it.
    private func relabelled(
        _ text: [UInt8], _ sample: ExpositionSample, _ createdSuffix: String?
    ) throws(ExpositionError) -> [UInt8]? {
        let shown = ExpositionReader.labels(text, sample.series)
        var own = LabelPairs(shown.map { ($0.key, $0.value) })
        if let createdSuffix {
            own[Labels.metricName] = own[Labels.metricName].dropLast(ExpositionTypes.created.count) + createdSuffix
        }
        // An empty label of the text says that there is none.
        var labels = merged(own) { shown[$0] != nil }
        guard RelabelRule.apply(rules, to: &labels) else { return nil }
        guard !labels.pairs.isEmpty else { return nil }
        var name = labels[Labels.metricName]
        guard !name.isEmpty else {
            throw ExpositionError(line: sample.line, column: 1, message: "relabelling leaves a series without a name")
        }
        if let createdSuffix {
            guard name.hasSuffix(createdSuffix) else { return nil }
            name = name.dropLast(createdSuffix.count) + ExpositionTypes.created
        }
        labels[Labels.metricName] = ""
        for (name, value) in external where !labels.has(name) { labels[name] = value }
        return SampleRelabelling.written(name, labels)
    }

    /// The sample's labels with the target's.
    private func merged(_ own: LabelPairs, isShown: (String) -> Bool) -> LabelPairs {
        var result = own
        for (name, value) in labels {
            if honorsLabels {
                if !isShown(name) { result[name] = value }
                continue
            }
            let displaced = own[name]
            result[name] = value
            guard !displaced.isEmpty else { continue }
            var free = "exported_" + name
            while result.has(free) || labels.contains(where: { $0.name == free }) { free = "exported_" + free }
            result[free] = displaced
        }
        return result
    }

    /// `{"name","label"="value",…}`, which may hold any name.
    private static func written(_ name: String, _ labels: LabelPairs) -> [UInt8] {
        var bytes = [UInt8(ascii: "{")]
        bytes.appendQuoted(name)
        for label in labels.sorted {
            bytes.append(UInt8(ascii: ","))
            bytes.appendQuoted(label.name)
            bytes.append(UInt8(ascii: "="))
            bytes.appendQuoted(label.value)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

extension [UInt8] {
    fileprivate mutating func appendQuoted(_ text: String) {
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"): append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\\"), UInt8(ascii: "\""): append(contentsOf: [UInt8(ascii: "\\"), byte])
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }
}
