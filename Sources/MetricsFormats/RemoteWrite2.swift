import Series

extension RemoteWriteDecoder {
    /// Reads an `io.prometheus.write.v2.Request` from `body`; the labels are written out into the batch.
    mutating func readVersion2(_ count: Int, into batch: inout IngestBatch) throws(FormatError) {
        var bytes: [UInt8] = []
        swap(&bytes, &body)
        defer { swap(&bytes, &body) }
        let damage = bytes.withUnsafeBytes { raw -> Int? in
            var reader = ProtobufReader(raw, 0..<count)
            var symbols: [Range<Int>] = []
            var series: [Range<Int>] = []
            while let field = reader.next() {
                switch field {
                case 4:
                    guard let symbol = reader.message() else { return reader.position }
                    symbols.append(symbol)
                case 5:
                    guard let range = reader.message() else { return reader.position }
                    series.append(range)
                default: reader.skip()
                }
            }
            if reader.isBroken { return reader.position }
            for range in series {
                if let damage = readSeries2(raw, range, symbols, into: &batch) { return damage }
            }
            return nil
        }
        if let damage { throw .malformed("the remote-write 2.0 request is malformed", offset: damage) }
    }

    /// Answers where it is malformed.
    private mutating func readSeries2(
        _ raw: UnsafeRawBufferPointer, _ range: Range<Int>, _ symbols: [Range<Int>], into batch: inout IngestBatch
    ) -> Int? {
        var reader = ProtobufReader(raw, range)
        let (firstLabel, firstSample) = (batch.labelBytes.count, batch.times.count)
        var metadata: Range<Int>?
        var references = 0
        while let field = reader.next() {
            let begin = reader.position
            switch field {
            case 1:
                var isKnown = true
                reader.numbers { inner in
                    let reference = inner.varint()
                    references += 1
                    guard reference < UInt64(symbols.count) else {
                        isKnown = false
                        return
                    }
                    let symbol = symbols[Int(reference)]
                    batch.appendText(UnsafeRawBufferPointer(rebasing: raw[symbol]))
                }
                guard isKnown else { return begin }
            case 2:
                guard let sample = reader.message(), RemoteWriteDecoder.readSample(raw, sample, into: &batch)
                else { return begin }
            case 3:
                guard let histogram = reader.message(), RemoteWriteHistogram.read(raw, histogram, into: &batch)
                else { return begin }
            case 4:
                batch.exemplars += 1
                reader.skip()
            case 5: metadata = reader.message()
            default: reader.skip()
            }
        }
        guard !reader.isBroken, references % 2 == 0 else { return reader.position }
        batch.series.append(
            IngestBatch.Series(
                labels: firstLabel..<batch.labelBytes.count, samples: firstSample..<batch.times.count))
        if let metadata { readMetadata2(raw, metadata, symbols, into: &batch) }
        return nil
    }

    private mutating func readMetadata2(
        _ raw: UnsafeRawBufferPointer, _ range: Range<Int>, _ symbols: [Range<Int>], into batch: inout IngestBatch
    ) {
        var reader = ProtobufReader(raw, range)
        var (type, help, unit) = (0, 0, 0)
        while let field = reader.next() {
            switch (field, reader.wireType) {
            case (1, 0): type = Int(truncatingIfNeeded: reader.varint())
            case (3, 0): help = Int(truncatingIfNeeded: reader.varint())
            case (4, 0): unit = Int(truncatingIfNeeded: reader.varint())
            default: reader.skip()
            }
        }
        guard !reader.isBroken, type != 0 || help != 0 || unit != 0, let entry = batch.series.last else { return }
        func symbol(_ index: Int) -> Range<Int> { symbols.indices.contains(index) ? symbols[index] : 0..<0 }
        guard let name = batch.metricName(of: entry) else { return }
        var hash = batch.labelBytes[name].withUnsafeBytes { hashOfBytes($0) } &+ UInt64(bitPattern: Int64(type))
        for part in [symbol(help), symbol(unit)] {
            hash = hash &* 31 &+ hashOfBytes(UnsafeRawBufferPointer(rebasing: raw[part]))
        }
        guard isNew(metadata: hash) else { return }
        batch.metadata.append(
            MetricMetadata(
                metric: String(decoding: batch.labelBytes[name], as: UTF8.self),
                type: RemoteWriteDecoder.typeName(type), help: text(raw, symbol(help)), unit: text(raw, symbol(unit))))
    }
}

extension IngestBatch {
    /// Where the metric's name lies, of a series in the syntax `plain`.
    func metricName(of entry: Series) -> Range<Int>? {
        labelBytes.withUnsafeBufferPointer { buffer in
            let part = UnsafeBufferPointer(rebasing: buffer[entry.labels])
            var cursor = LabelCursor()
            while let label = cursor.next(part) {
                if part[label.name].elementsEqual(Labels.metricName.utf8) {
                    let base = entry.labels.lowerBound
                    return label.value.lowerBound + base..<label.value.upperBound + base
                }
            }
            return nil
        }
    }
}
