import PromQL
import Series
import Testing

@Suite("Native histograms")
struct HistogramTests {
    /// Observations in the buckets (0.5, 1], (1, 2], (2, 4] and so on.
    private func exponential(
        _ counts: [Double], sum: Double, hint: FloatHistogram.CounterResetHint = .unknown
    ) -> FloatHistogram {
        FloatHistogram(
            schema: 0, count: counts.reduce(0, +), sum: sum,
            positiveSpans: [.init(offset: 0, length: UInt32(counts.count))],
            positiveBuckets: counts, counterResetHint: hint)
    }

    private func custom(_ bounds: [Double], _ counts: [Double], sum: Double) -> FloatHistogram {
        FloatHistogram(
            schema: FloatHistogram.customSchema, count: counts.reduce(0, +), sum: sum,
            positiveSpans: [.init(offset: 0, length: UInt32(counts.count))], positiveBuckets: counts,
            customValues: bounds)
    }

    private func data(_ series: [(String, [FloatHistogram])]) -> Samples {
        var data = Samples()
        for (name, histograms) in series {
            data.add(["__name__": name]) { buffer in
                for (index, histogram) in histograms.enumerated() {
                    buffer.append(time: Int64(index) * 60_000, histogram: histogram)
                }
            }
        }
        return data
    }

    @Test("count, sum, mean and spread")
    func parts() throws {
        let data = data([("h", [exponential([2, 0, 2], sum: 10)])])
        #expect(try data.answer("histogram_count(h)", at: 0) == "{} 4")
        #expect(try data.answer("histogram_sum(h)", at: 0) == "{} 10")
        #expect(try data.answer("histogram_avg(h)", at: 0) == "{} 2.5")
        #expect(try data.answer("histogram_stdvar(h)", at: 0) == "{} 1.661165")
    }

    @Test("quantiles lie on a logarithmic scale within a bucket, in custom buckets on a linear one")
    func quantiles() throws {
        let data = data([("h", [exponential([0, 4], sum: 6)]), ("c", [custom([1, 2, 4], [0, 4, 0, 1], sum: 12)])])
        #expect(try data.answer("histogram_quantile(0.5, h)", at: 0) == "{} 1.414214")
        #expect(try data.answer("histogram_quantile(0.4, c)", at: 0) == "{} 1.5")
        #expect(try data.answer("histogram_quantile(0.99, c)", at: 0) == "{} 4")
        #expect(try data.answer("histogram_fraction(1, 1.5, c)", at: 0) == "{} 0.4")
        #expect(try data.answer("histogram_fraction(0, 1.414213562373095, h)", at: 0) == "{} 0.5")
        #expect(try data.answer("histogram_quantiles(h, \"q\", 0, 1)", at: 0) == "{q=\"0.0\"} 1; {q=\"1.0\"} 2")
    }

    @Test("a rate takes resets into account and is a gauge")
    func rates() throws {
        let data = data([
            (
                "h",
                [
                    exponential([1, 1], sum: 2), exponential([3, 1], sum: 4), exponential([1, 0], sum: 1),
                    exponential([2, 0], sum: 2),
                ]
            )
        ])
        #expect(try data.answer("resets(h[5m])", at: 180_000) == "{} 1")
        #expect(try data.answer("histogram_count(increase(h[200s]))", at: 180_000) == "{} 4.444444")
        guard case .vector(let elements) = try data.result("rate(h[5m])", at: 180_000).value else { return }
        #expect(elements.first?.histogram?.counterResetHint == .gauge)
        #expect(try data.result("delta(h[5m])", at: 180_000).warnings.count == 1)
    }

    @Test("sums of different resolutions take the coarser one, custom bounds the common ones")
    func sums() throws {
        var fine = exponential([1, 2, 3, 4], sum: 5)
        fine.schema = 1
        let data = data([
            ("h", [fine]), ("h2", [exponential([1, 1, 1], sum: 3)]), ("c", [custom([1, 2, 4], [1, 1, 1, 1], sum: 8)]),
            ("c2", [custom([2, 3, 4], [5, 5, 5, 5], sum: 40)]),
        ])
        guard case .vector(let elements) = try data.result("h + on () h2", at: 0).value,
            let sum = elements.first?.histogram
        else {
            Issue.record("no sum")
            return
        }
        #expect(sum.schema == 0 && sum.count == 13 && sum.positiveBuckets == [2, 6, 5])
        let custom = try data.result("c + on () c2", at: 0)
        guard case .vector(let reconciled) = custom.value else { return }
        #expect(reconciled.first?.histogram?.customValues == [2, 4])
        #expect(reconciled.first?.histogram?.positiveBuckets == [7, 11, 6])
        #expect(custom.infos == ["PromQL info: mismatched custom buckets were reconciled during addition (1:1)"])
        #expect(
            try data.result("h + on () c", at: 0).warnings
                == ["PromQL warning: incompatible bucket layout encountered for binary operator + (1:1)"])
    }

    @Test("zero buckets of different widths become equally wide")
    func zero() throws {
        var wide = exponential([2, 2], sum: 4)
        wide.zeroThreshold = 0.75
        wide.zeroCount = 1
        let data = data([("h", [wide]), ("h2", [exponential([1, 1], sum: 2)])])
        guard case .vector(let elements) = try data.result("h2 + on () h", at: 0).value,
            let sum = elements.first?.histogram
        else {
            Issue.record("no sum")
            return
        }
        // The threshold cuts the bucket (0.5, 1] of both, so all of it becomes a part of the zero bucket.
        #expect(sum.zeroThreshold == 1 && sum.zeroCount == 4 && sum.positiveBuckets == [3] && sum.count == 6)
    }

    @Test("trimming keeps what is below or above")
    func trimming() throws {
        let data = data([("c", [custom([1, 2, 4], [2, 2, 2, 2], sum: 20)])])
        #expect(try data.answer("c </ 2", at: 0) == "c 4/4")
        #expect(try data.answer("c >/ 3", at: 0) == "c 3/11.5")
        #expect(try data.answer("c >/ -Inf", at: 0) == "c 8/20")
        #expect(try data.result("vector(1) </ 2", at: 0).infos.count == 1)
    }

    @Test("what histograms and numbers have nothing to do with each other is left out with a remark")
    func mixtures() throws {
        var data = data([("mix", [exponential([1], sum: 1)])])
        data.add(["__name__": "mix", "n": "1"]) { $0.append(time: 0, value: 3) }
        #expect(try data.answer("sum(mix)", at: 0) == "")
        #expect(
            try data.result("sum(mix)", at: 0).warnings
                == ["PromQL warning: encountered a mix of histograms and floats for aggregation (1:5)"])
        #expect(try data.answer("count(mix)", at: 0) == "{} 2")
        #expect(try data.answer("max(mix)", at: 0) == "{} 3")
        #expect(try data.result("max(mix)", at: 0).infos == ["PromQL info: ignored histogram in max aggregation (1:5)"])
        #expect(try data.answer("abs(mix)", at: 0) == "{n=\"1\"} 3")
        #expect(try data.answer("mix * 2", at: 0) == "{} 2/2; {n=\"1\"} 6")
    }
}
