import Series

extension ExpositionDecoder {
    /// Reads the lines `# TYPE`, `# HELP` and `# UNIT`. A line that is none of them is a comment.
    func readMetadata(_ text: [UInt8], _ format: ExpositionFormat, into batch: inout IngestBatch) {
        var known: [String: Int] = [:]
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
            if text[start] == UInt8(ascii: "#"), end - start <= limits.lineLength {
                readLine(String(decoding: text[start..<end], as: UTF8.self), format, &known, into: &batch)
            }
            start = end + 1
        }
    }

    private func readLine(
        _ line: String, _ format: ExpositionFormat, _ known: inout [String: Int], into batch: inout IngestBatch
    ) {
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: true)
        guard words.count >= 3, words[0] == "#", ["TYPE", "HELP", "UNIT"].contains(words[1]) else { return }
        let quoted = words[2].hasPrefix("\"") && words[2].hasSuffix("\"") && words[2].count > 1
        let metric = String(quoted ? words[2].dropFirst().dropLast() : words[2])
        let value = words.count > 3 ? String(words[3]) : ""
        let place = known[metric] ?? batch.metadata.count
        if place == batch.metadata.count {
            known[metric] = place
            batch.metadata.append(MetricMetadata(metric: metric, type: "unknown"))
        }
        switch words[1] {
        case "TYPE": batch.metadata[place].type = value == "untyped" ? "unknown" : value
        case "UNIT": batch.metadata[place].unit = value
        default: batch.metadata[place].help = ExpositionDecoder.helpText(value)
        }
    }

    private static func helpText(_ text: String) -> String {
        guard text.contains("\\") else { return text }
        var result = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                result.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }
}

extension IngestBatch {
    /// Whether a label of this name lies behind a place of `labelBytes` (syntax `plain`).
    func hasLabel(_ name: [UInt8], from start: Int) -> Bool {
        labelBytes.withUnsafeBufferPointer { buffer in
            let part = UnsafeBufferPointer(rebasing: buffer[start...])
            var cursor = LabelCursor()
            while let label = cursor.next(part) {
                if part[label.name].elementsEqual(name) { return true }
            }
            return false
        }
    }

    /// Takes `NAME_created` series out, and gives their values, seconds since the epoch, as start times to `NAME_total`,
    /// `NAME_bucket`, `NAME_count` and `NAME_sum` with the same labels (but for `le` and `quantile`).
    mutating func takeCreatedAsStarts() {
        var created: [Labels: Int64] = [:]
        var rest: [Series] = []
        for entry in series {
            guard let (family, suffix) = family(of: entry), suffix == "_created" else {
                rest.append(entry)
                continue
            }
            let seconds = values[entry.samples.lowerBound]
            if seconds.isFinite, seconds > 0, seconds < 9e12 { created[family] = Int64((seconds * 1000).rounded()) }
        }
        guard !created.isEmpty else { return }
        series = rest
        if starts.isEmpty { starts = [Int64](repeating: 0, count: times.count) }
        for entry in series {
            guard let (family, _) = family(of: entry), let start = created[family] else { continue }
            for sample in entry.samples where start <= times[sample] { starts[sample] = start }
        }
    }

    /// The labels of a series without the ending of its name, which is answered, too; `nil` when it has none that counts.
    private func family(of entry: Series) -> (Labels, String)? {
        guard let labels = try? labels(of: entry, limits: LabelLimits()), let name = labels[Labels.metricName],
            let suffix = ["_created", "_total", "_bucket", "_count", "_sum"].first(where: { name.hasSuffix($0) })
        else { return nil }
        var builder = LabelsBuilder(labels.dropping(["le", "quantile"]))
        builder.set(Labels.metricName, String(name.dropLast(suffix.count)))
        return (builder.labels(), suffix)
    }
}
