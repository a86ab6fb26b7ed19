import Series

extension RemoteWriteDecoder {
    /// Reads a `prometheus.WriteRequest` from the batch's own bytes; answers where it is malformed.
    mutating func readVersion1(_ count: Int, into batch: inout IngestBatch) -> Int? {
        // The bytes are taken out meanwhile, so that arrays of the same batch can be written.
        var bytes: [UInt8] = []
        swap(&bytes, &batch.labelBytes)
        var scattered: [(series: Int, labels: [Range<Int>])] = []
        let damage = bytes.withUnsafeBytes { raw -> Int? in
            var reader = ProtobufReader(raw, 0..<count)
            while let field = reader.next() {
                switch field {
                case 1:
                    guard let range = reader.message() else { return reader.position }
                    if let damage = RemoteWriteDecoder.readSeries1(raw, range, &scattered, into: &batch) {
                        return damage
                    }
                case 3:
                    guard let range = reader.message() else { return reader.position }
                    readMetadata1(raw, range, into: &batch)
                default: reader.skip()
                }
            }
            return reader.isBroken ? reader.position : nil
        }
        swap(&bytes, &batch.labelBytes)
        guard damage == nil else { return damage }
        if !scattered.isEmpty {
            // The labels of a few lie apart: they are brought together behind the body.
            batch.labelBytes.removeLast(batch.labelBytes.count - count)
            for (series, labels) in scattered {
                let start = batch.labelBytes.count
                for range in labels { batch.labelBytes.append(contentsOf: batch.labelBytes[range]) }
                batch.series[series].labels = start..<batch.labelBytes.count
            }
        }
        return nil
    }

    /// Answers where it is malformed.
    private static func readSeries1(
        _ raw: UnsafeRawBufferPointer, _ range: Range<Int>, _ scattered: inout [(series: Int, labels: [Range<Int>])],
        into batch: inout IngestBatch
    ) -> Int? {
        var reader = ProtobufReader(raw, range)
        var labels = range.lowerBound..<range.lowerBound
        var pieces: [Range<Int>] = []
        let first = batch.times.count
        while true {
            let begin = reader.position
            guard let field = reader.next() else { break }
            switch field {
            case 1:
                guard reader.message() != nil else { return reader.position }
                if labels.isEmpty {
                    labels = begin..<reader.position
                } else if labels.upperBound == begin {
                    labels = labels.lowerBound..<reader.position
                } else {
                    pieces.append(labels)
                    labels = begin..<reader.position
                }
            case 2:
                guard let sample = reader.message() else { return reader.position }
                if !readSample(raw, sample, into: &batch) { return sample.lowerBound }
            case 3:
                batch.exemplars += 1
                reader.skip()
            case 4:
                guard let histogram = reader.message() else { return reader.position }
                if !RemoteWriteHistogram.read(raw, histogram, into: &batch) { return histogram.lowerBound }
            default: reader.skip()
            }
        }
        if reader.isBroken { return reader.position }
        if !pieces.isEmpty { scattered.append((batch.series.count, pieces + [labels])) }
        batch.series.append(IngestBatch.Series(labels: labels, samples: first..<batch.times.count))
        return nil
    }

    /// A `Sample` of either version: value, time and, in 2.0, the start.
    @inline(__always)
    static func readSample(
        _ raw: UnsafeRawBufferPointer, _ range: Range<Int>, into batch: inout IngestBatch
    ) -> Bool {
        var reader = ProtobufReader(raw, range)
        var (value, time, start) = (0.0, Int64(0), Int64(0))
        while let field = reader.next() {
            switch (field, reader.wireType) {
            case (1, 1): value = reader.double()
            case (2, 0): time = Int64(bitPattern: reader.varint())
            case (3, 0): start = Int64(bitPattern: reader.varint())
            default: reader.skip()
            }
        }
        guard !reader.isBroken else { return false }
        if start == 0 {
            batch.append(time: time, value: value)
        } else {
            batch.append(time: time, value: value, start: start)
        }
        return true
    }

    /// `MetricMetadata`: what is malformed is left out, as it changes no sample.
    private mutating func readMetadata1(
        _ raw: UnsafeRawBufferPointer, _ range: Range<Int>, into batch: inout IngestBatch
    ) {
        let hash = hashOfBytes(UnsafeRawBufferPointer(rebasing: raw[range]))
        guard isNew(metadata: hash) else { return }
        var reader = ProtobufReader(raw, range)
        var (type, name, help, unit) = (0, 0..<0, 0..<0, 0..<0)
        while let field = reader.next() {
            switch field {
            case 1 where reader.wireType == 0: type = Int(truncatingIfNeeded: reader.varint())
            case 2: name = reader.message() ?? name
            case 4: help = reader.message() ?? help
            case 5: unit = reader.message() ?? unit
            default: reader.skip()
            }
        }
        guard !reader.isBroken, !name.isEmpty else { return }
        batch.metadata.append(
            MetricMetadata(
                metric: text(raw, name), type: RemoteWriteDecoder.typeName(type), help: text(raw, help),
                unit: text(raw, unit)))
    }

    /// Remembers at most 50,000; then it begins anew.
    mutating func isNew(metadata hash: UInt64) -> Bool {
        if knownMetadata.count > 50_000 { knownMetadata.removeAll() }
        return knownMetadata.insert(hash).inserted
    }

    func text(_ raw: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
        String(decoding: raw[range], as: UTF8.self)
    }

    /// `MetricMetadata.MetricType` of prompb.
    static func typeName(_ type: Int) -> String {
        let names = ["unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"]
        return names.indices.contains(type) ? names[type] : "unknown"
    }
}
