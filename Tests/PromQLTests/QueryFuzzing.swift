import PromQL
import Series

/// What is tried with hostile expressions: by the fuzzer of `Scripts/fuzz`, and by ordinary tests.
enum QueryFuzzing {
    /// What went wrong, or `nil`. Crashing is what it must not do.
    static func run(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let query = try? Query(text) else { return nil }
        let printed = query.expression.description
        guard let again = try? parse(printed) else { return "'\(printed)' is not read again" }
        if again.description != printed { return "'\(printed)' is read as '\(again)'" }
        let formatted = query.expression.formatted
        guard formatted.utf8.count > 60_000 || (try? parse(formatted))?.description == printed else {
            return "'\(formatted)' is not the same"
        }
        var limits = QueryLimits()
        limits.samples = 20_000
        if let prepared = try? query.prepared(at: 600_000, limits: limits) { evaluate(prepared) }
        if let prepared = try? query.prepared(from: 0, through: 600_000, step: 100_000, limits: limits) {
            evaluate(prepared)
        }
        return nil
    }

    private static func evaluate(_ prepared: PreparedQuery) {
        guard let sets = try? prepared.selections.map(data.selected) else { return }
        _ = try? prepared.evaluate(with: sets)
    }

    private static let data: Samples = {
        var data = Samples()
        data.add(["__name__": "x", "a": "1"]) { $0.numbers([1, 5, 2, .nan, 7, .infinity, -3, 0, 2, 8, 9]) }
        data.add(["__name__": "x", "a": "2", "le": "+Inf"]) {
            $0.numbers([0, 1, 2, 3, nil, nil, Sample.staleMarker, 1])
        }
        data.add(["__name__": "y", "a": "1", "le": "0.5"]) { $0.numbers([1, 1, 2, 3, 5, 8]) }
        data.add(["__name__": "h", "a": "1"]) { buffer in
            for index in 0..<10 {
                let counts = [Double(index), 2, 3]
                buffer.append(
                    time: Int64(index) * 60_000,
                    histogram: FloatHistogram(
                        schema: Int32(index % 3), zeroThreshold: 0.01, zeroCount: 1, count: Double(index + 6), sum: 9,
                        positiveSpans: [.init(offset: -1, length: 2), .init(offset: 3, length: 1)],
                        positiveBuckets: counts))
            }
            buffer.append(
                time: 600_000,
                histogram: FloatHistogram(
                    schema: FloatHistogram.customSchema, count: 3, sum: 4, positiveSpans: [.init(offset: 0, length: 2)],
                    positiveBuckets: [1, 2], customValues: [1]))
        }
        return data
    }()
}
