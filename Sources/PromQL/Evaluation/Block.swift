import Series

/// A histogram on the heap: many steps may share it.
final class HistogramBox: Sendable {
    let value: FloatHistogram

    init(_ value: FloatHistogram) { self.value = value }

    /// How many samples it counts for in limits: one for every 16 bytes.
    var size: Int { (value.positiveBuckets.count + value.negativeBuckets.count + value.customValues.count + 14) / 2 }
}

/// Marks what is not there. It is what Prometheus writes for series that ended: no sample that counts has these bits.
@inline(__always)
let absent = Double(bitPattern: 0x7ff0_0000_0000_0002)

/// Stands where there is a histogram instead of a number.
@inline(__always)
let histogramMark = Double(bitPattern: 0x7ff0_0000_0000_0003)

extension Double {
    @inline(__always)
    var isAbsent: Bool { bitPattern == 0x7ff0_0000_0000_0002 }

    @inline(__always)
    var isHistogramMark: Bool { bitPattern == 0x7ff0_0000_0000_0003 }

    /// Whether there is a number (NaN included).
    @inline(__always)
    var isFloat: Bool { bitPattern != 0x7ff0_0000_0000_0002 && bitPattern != 0x7ff0_0000_0000_0003 }

    /// NaN with the usual bits, so that nothing is taken for a mark.
    @inline(__always)
    var canonical: Double { isNaN ? .nan : self }
}

/// The values of several series at the steps of a query, all in one array.
struct Block {
    struct Row {
        var labels: Labels
        /// The metric's name no longer describes the values. It goes at the very end, so that operations in between can use it.
        var dropsName: Bool
        /// The first step that has a place in the array.
        var first: Int
        /// How many steps have one.
        var count: Int
        /// Where the places of this row begin.
        var offset: Int

        var steps: Range<Int> { first..<first + count }
    }

    var rows: [Row] = []
    var values: [Double] = []
    /// Empty, or one for each value: the histogram where `values` holds `histogramMark`.
    var histograms: [HistogramBox?] = []

    @inline(__always)
    func index(_ row: Row, _ step: Int) -> Int? {
        let place = step - row.first
        return place >= 0 && place < row.count ? row.offset + place : nil
    }

    @inline(__always)
    func value(_ row: Int, _ step: Int) -> Double {
        // Field by field: a copy of the row would count references to its labels.
        let place = step - rows[row].first
        guard place >= 0, place < rows[row].count else { return absent }
        return values[rows[row].offset + place]
    }

    func histogram(_ row: Int, _ step: Int) -> HistogramBox? {
        guard !histograms.isEmpty, let index = index(rows[row], step), values[index].isHistogramMark else { return nil }
        return histograms[index]
    }

    /// Appends a row of values from the first step on; absent ones at both ends take no place, and a row of nothing else is none.
    mutating func append(
        _ labels: Labels, dropsName: Bool, _ row: [Double], _ boxes: [HistogramBox?] = []
    ) {
        var first = 0
        var end = row.count
        while first < end, row[first].isAbsent { first += 1 }
        while end > first, row[end - 1].isAbsent { end -= 1 }
        guard first < end else { return }
        rows.append(Row(labels: labels, dropsName: dropsName, first: first, count: end - first, offset: values.count))
        if !boxes.isEmpty, histograms.isEmpty { histograms = Array(repeating: nil, count: values.count) }
        values.append(contentsOf: row[first..<end])
        if !boxes.isEmpty {
            histograms.append(contentsOf: boxes[first..<end])
        } else if !histograms.isEmpty {
            histograms.append(contentsOf: repeatElement(nil, count: end - first))
        }
    }

    /// Empties it and keeps its memory.
    mutating func removeAll() {
        rows.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        histograms.removeAll(keepingCapacity: true)
    }

    /// Appends a row with one value.
    mutating func append(_ labels: Labels, dropsName: Bool, step: Int, _ value: Double, _ box: HistogramBox? = nil) {
        rows.append(Row(labels: labels, dropsName: dropsName, first: step, count: 1, offset: values.count))
        if box != nil, histograms.isEmpty { histograms = Array(repeating: nil, count: values.count) }
        values.append(value)
        if !histograms.isEmpty { histograms.append(box) }
    }

    /// Replaces every number; histograms vanish, and the name is dropped.
    mutating func mapFloats(_ transform: (Double) -> Double) {
        for index in values.indices {
            let value = values[index]
            if value.isFloat {
                values[index] = transform(value).canonical
            } else if value.isHistogramMark {
                values[index] = absent
            }
        }
        histograms = []
        for index in rows.indices { rows[index].dropsName = true }
    }

    /// Replaces every histogram by a number; numbers vanish, and the name is dropped.
    mutating func mapHistograms(_ transform: (FloatHistogram) -> Double) {
        for index in values.indices {
            if values[index].isHistogramMark, let box = histograms[index] {
                values[index] = transform(box.value).canonical
            } else {
                values[index] = absent
            }
        }
        histograms = []
        for index in rows.indices { rows[index].dropsName = true }
    }

    /// Without rows that hold nothing.
    func pruned() -> Block {
        let kept = rows.filter { row in values[row.offset..<row.offset + row.count].contains { !$0.isAbsent } }
        guard kept.count < rows.count else { return self }
        var block = self
        block.rows = kept
        return block
    }

    /// How many samples it counts for in limits.
    var size: Int {
        var size = values.count
        for case let box? in histograms { size += box.size }
        return size
    }
}

/// What an expression gave at all steps.
enum Evaluated {
    case scalar([Double])
    case string(String)
    case block(Block)
}
