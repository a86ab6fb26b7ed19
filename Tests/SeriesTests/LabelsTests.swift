import Series
import Testing

@Suite struct LabelsTests {
    @Test("labels are sorted by name, the last value counts, and the empty value is no label")
    func building() {
        let labels = Labels([("zone", "a"), ("__name__", "up"), ("zone", "b"), ("job", "")])
        #expect(labels.pairs.map(\.name) == ["__name__", "zone"])
        #expect(labels["zone"] == "b")
        #expect(labels["job"] == nil)
        #expect(labels.description == "up{zone=\"b\"}")
        #expect(Labels.isValid(labels.bytes))
    }

    @Test("labels that say the same are equal and have one hash")
    func equality() {
        let first = Labels([("a", "1"), ("b", "2")])
        let second = Labels([("b", "2"), ("c", ""), ("a", "1")])
        #expect(first == second && first.hash64 == second.hash64)
        #expect(first != Labels([("a", "12"), ("b", "")]))
        #expect(Labels.empty.isEmpty && Labels.empty == Labels([("a", "")]))
    }

    @Test("keeping and dropping take labels by name")
    func subsets() {
        let labels = Labels([("a", "1"), ("b", "2"), ("c", "3")])
        #expect(labels.keeping(["c", "a", "x"]) == Labels([("a", "1"), ("c", "3")]))
        #expect(labels.dropping(["c", "x"]) == Labels([("a", "1"), ("b", "2")]))
        var builder = LabelsBuilder(labels)
        builder.set("b", "4")
        builder.remove("a")
        #expect(builder["b"] == "4" && builder["a"] == nil)
        #expect(builder.labels() == Labels([("b", "4"), ("c", "3")]))
    }

    @Test("labels are ordered by names, then values, and fewer come first")
    func order() {
        let sorted: [Labels] = [
            .empty, Labels([("a", "1")]), Labels([("a", "1"), ("b", "0")]), Labels([("a", "2")]), Labels([("b", "0")]),
        ]
        #expect(sorted.reversed().sorted() == sorted)
        for labels in sorted { #expect(!(labels < labels)) }
    }

    @Test("broken bytes are not taken for labels")
    func broken() {
        let good = Labels([("a", String(repeating: "x", count: 300)), ("b", "é")])
        #expect(Labels.isValid(good.bytes))
        for count in 1..<good.bytes.count {
            let cut = Array(good.bytes.prefix(count))
            #expect(!Labels.isValid(cut) || cut == good.keeping(["a"]).bytes)
        }
        #expect(!Labels.isValid([1, 98, 1, 49, 1, 97, 1, 49]))
        #expect(!Labels.isValid([0, 1, 49]))
    }

    @Test("a buffer keeps starts beside their samples, also when the first are unknown")
    func buffer() {
        var buffer = SampleBuffer()
        buffer.append(time: 1, value: 1)
        #expect(buffer.starts.isEmpty)
        buffer.append(time: 2, value: 2, start: 1)
        buffer.append(time: 3, histogram: FloatHistogram(count: 1))
        #expect(buffer.starts == [0, 1, 0])
        #expect(buffer.histograms.map(\.index) == [2] && buffer.values[2].isNaN)
        buffer.removeAll()
        #expect(buffer.count == 0 && buffer.starts.isEmpty && buffer.histograms.isEmpty)
    }
}
