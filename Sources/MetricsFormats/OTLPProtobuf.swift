/// Reads an `ExportMetricsServiceRequest` in protobuf.
struct OTLPProtobuf {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Calls back with each metric and the attributes of its resource; answers where it is malformed.
    func read(_ body: ([(name: String, value: String)], OTLPMetric) -> Void) -> Int? {
        var reader = ProtobufReader(bytes, 0..<bytes.count)
        while let field = reader.next() {
            guard field == 1 else {
                reader.skip()
                continue
            }
            guard let range = reader.message() else { return reader.position }
            if let damage = readResource(range, body) { return damage }
        }
        return reader.isBroken ? reader.position : nil
    }

    private func readResource(
        _ range: Range<Int>, _ body: ([(name: String, value: String)], OTLPMetric) -> Void
    ) -> Int? {
        var attributes: [(name: String, value: String)] = []
        var scopes: [Range<Int>] = []
        var reader = ProtobufReader(bytes, range)
        while let field = reader.next() {
            switch field {
            case 1:
                guard let resource = reader.message() else { return reader.position }
                var inner = ProtobufReader(bytes, resource)
                while let part = inner.next() {
                    if part == 1 { readAttribute(&inner, into: &attributes) } else { inner.skip() }
                }
                if inner.isBroken { return inner.position }
            case 2:
                guard let scope = reader.message() else { return reader.position }
                scopes.append(scope)
            default: reader.skip()
            }
        }
        if reader.isBroken { return reader.position }
        for scope in scopes {
            var inner = ProtobufReader(bytes, scope)
            while let field = inner.next() {
                guard field == 2 else {
                    inner.skip()
                    continue
                }
                guard let metric = inner.message() else { return inner.position }
                var read = OTLPMetric()
                if let damage = readMetric(metric, into: &read) { return damage }
                body(attributes, read)
            }
            if inner.isBroken { return inner.position }
        }
        return nil
    }

    private func text(_ range: Range<Int>?) -> String {
        range.map { String(decoding: bytes[$0], as: UTF8.self) } ?? ""
    }

    private func readMetric(_ range: Range<Int>, into metric: inout OTLPMetric) -> Int? {
        var reader = ProtobufReader(bytes, range)
        while let field = reader.next() {
            switch field {
            case 1: metric.name = text(reader.message())
            case 2: metric.description = text(reader.message())
            case 3: metric.unit = text(reader.message())
            case 5, 7, 9, 10, 11:
                guard let data = reader.message() else { return reader.position }
                metric.kind =
                    switch field {
                    case 5: .gauge
                    case 7: .sum
                    case 9: .histogram
                    case 10: .exponentialHistogram
                    default: .summary
                    }
                if let damage = readData(data, into: &metric) { return damage }
            default: reader.skip()
            }
        }
        return reader.isBroken ? reader.position : nil
    }

    private func readData(_ range: Range<Int>, into metric: inout OTLPMetric) -> Int? {
        var reader = ProtobufReader(bytes, range)
        while let field = reader.next() {
            switch (field, reader.wireType) {
            case (1, 2):
                guard let range = reader.message() else { return reader.position }
                var point = OTLPPoint()
                let isGood =
                    switch metric.kind {
                    case .histogram: readHistogram(range, into: &point)
                    case .exponentialHistogram: readExponential(range, into: &point)
                    case .summary: readSummary(range, into: &point)
                    default: readNumber(range, into: &point)
                    }
                guard isGood else { return range.lowerBound }
                metric.points.append(point)
            case (2, 0): metric.temporality = Int(truncatingIfNeeded: reader.varint())
            case (3, 0): metric.isMonotonic = reader.varint() != 0
            default: reader.skip()
            }
        }
        return reader.isBroken ? reader.position : nil
    }

    private func readNumber(_ range: Range<Int>, into point: inout OTLPPoint) -> Bool {
        var reader = ProtobufReader(bytes, range)
        while let field = reader.next() {
            switch field {
            case 2: point.start = reader.fixed64()
            case 3: point.time = reader.fixed64()
            case 4: point.value = reader.double()
            case 5: exemplar(&reader, &point)
            case 6: point.value = Double(Int64(bitPattern: reader.fixed64()))
            case 7: readAttribute(&reader, into: &point.attributes)
            case 8: point.hasNoValue = reader.varint() & 1 != 0
            default: reader.skip()
            }
        }
        return !reader.isBroken
    }

    private func readHistogram(_ range: Range<Int>, into point: inout OTLPPoint) -> Bool {
        var reader = ProtobufReader(bytes, range)
        while let field = reader.next() {
            switch field {
            case 2: point.start = reader.fixed64()
            case 3: point.time = reader.fixed64()
            case 4: point.count = Double(reader.fixed64())
            case 5: point.sum = reader.double()
            case 6: reader.numbers { point.counts.append(Double($0.fixed64())) }
            case 7: reader.numbers { point.bounds.append($0.double()) }
            case 8: exemplar(&reader, &point)
            case 9: readAttribute(&reader, into: &point.attributes)
            case 10: point.hasNoValue = reader.varint() & 1 != 0
            default: reader.skip()
            }
        }
        return !reader.isBroken
    }

    private func readExponential(_ range: Range<Int>, into point: inout OTLPPoint) -> Bool {
        var reader = ProtobufReader(bytes, range)
        while let field = reader.next() {
            switch field {
            case 1: readAttribute(&reader, into: &point.attributes)
            case 2: point.start = reader.fixed64()
            case 3: point.time = reader.fixed64()
            case 4: point.count = Double(reader.fixed64())
            case 5: point.sum = reader.double()
            case 6: point.scale = Int32(truncatingIfNeeded: reader.zigzag())
            case 7: point.zeroCount = Double(reader.fixed64())
            case 8: buckets(&reader, into: &point.positive)
            case 9: buckets(&reader, into: &point.negative)
            case 10: point.hasNoValue = reader.varint() & 1 != 0
            case 11: exemplar(&reader, &point)
            case 14: point.zeroThreshold = reader.double()
            default: reader.skip()
            }
        }
        return !reader.isBroken
    }

    private func buckets(_ reader: inout ProtobufReader, into buckets: inout OTLPBuckets) {
        guard let range = reader.message() else { return }
        var inner = ProtobufReader(bytes, range)
        while let field = inner.next() {
            switch field {
            case 1: buckets.offset = Int32(truncatingIfNeeded: inner.zigzag())
            case 2: inner.numbers { buckets.counts.append(Double($0.varint())) }
            default: inner.skip()
            }
        }
    }

    private func readSummary(_ range: Range<Int>, into point: inout OTLPPoint) -> Bool {
        var reader = ProtobufReader(bytes, range)
        while let field = reader.next() {
            switch field {
            case 2: point.start = reader.fixed64()
            case 3: point.time = reader.fixed64()
            case 4: point.count = Double(reader.fixed64())
            case 5: point.sum = reader.double()
            case 6:
                guard let range = reader.message() else { return false }
                var inner = ProtobufReader(bytes, range)
                var entry = (quantile: 0.0, value: 0.0)
                while let part = inner.next() {
                    switch part {
                    case 1: entry.quantile = inner.double()
                    case 2: entry.value = inner.double()
                    default: inner.skip()
                    }
                }
                point.quantiles.append(entry)
            case 7: readAttribute(&reader, into: &point.attributes)
            case 8: point.hasNoValue = reader.varint() & 1 != 0
            default: reader.skip()
            }
        }
        return !reader.isBroken
    }

    private func exemplar(_ reader: inout ProtobufReader, _ point: inout OTLPPoint) {
        point.exemplars += 1
        reader.skip()
    }

    /// A `KeyValue`; lists and maps as values are left out.
    private func readAttribute(_ reader: inout ProtobufReader, into attributes: inout [(name: String, value: String)]) {
        guard let range = reader.message() else { return }
        var inner = ProtobufReader(bytes, range)
        var (name, value): (String, String?) = ("", nil)
        while let field = inner.next() {
            switch field {
            case 1: name = text(inner.message())
            case 2: value = inner.message().flatMap { anyValue($0) }
            default: inner.skip()
            }
        }
        if let value, !name.isEmpty { attributes.append((name, value)) }
    }

    private func anyValue(_ range: Range<Int>) -> String? {
        var reader = ProtobufReader(bytes, range)
        var value: String?
        while let field = reader.next() {
            switch (field, reader.wireType) {
            case (1, 2): value = text(reader.message())
            case (2, 0): value = reader.varint() != 0 ? "true" : "false"
            case (3, 0): value = String(Int64(bitPattern: reader.varint()))
            case (4, 1): value = "\(reader.double())"
            default: reader.skip()
            }
        }
        return value
    }
}
