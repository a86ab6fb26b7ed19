import Series

/// Takes numbers together one by one.
protocol Accumulator {
    init()
    mutating func add(_ value: Double)
    var isEmpty: Bool { get }
    var value: Double { get }
    /// Whether a histogram is one more element, whatever it holds.
    static var countsHistograms: Bool { get }
}

extension Accumulator {
    static var countsHistograms: Bool { false }
}

struct SumAccumulator: Accumulator {
    private var sum = AccurateSum()
    private(set) var isEmpty = true

    @inline(__always)
    mutating func add(_ value: Double) {
        if isEmpty { sum.sum = value } else { sum.add(value) }
        isEmpty = false
    }

    var value: Double { sum.sum + sum.lost }
}

struct MeanAccumulator: Accumulator {
    private var mean: RunningMean?

    @inline(__always)
    mutating func add(_ value: Double) {
        if mean == nil { mean = RunningMean(value) } else { mean?.add(value) }
    }

    var isEmpty: Bool { mean == nil }
    var value: Double { mean?.mean ?? .nan }
}

struct CountAccumulator: Accumulator {
    private var count = 0.0

    mutating func add(_ value: Double) { count += 1 }

    var isEmpty: Bool { count == 0 }
    var value: Double { count }
    static var countsHistograms: Bool { true }
}

struct GroupAccumulator: Accumulator {
    private(set) var isEmpty = true

    mutating func add(_ value: Double) { isEmpty = false }

    var value: Double { 1 }
    static var countsHistograms: Bool { true }
}

struct LeastAccumulator: Accumulator {
    private(set) var value = absent

    mutating func add(_ other: Double) {
        if value.isAbsent || value > other || value.isNaN { value = other.canonical }
    }

    var isEmpty: Bool { value.isAbsent }
}

struct GreatestAccumulator: Accumulator {
    private(set) var value = absent

    mutating func add(_ other: Double) {
        if value.isAbsent || value < other || value.isNaN { value = other.canonical }
    }

    var isEmpty: Bool { value.isAbsent }
}

/// The variance of a whole population (after Welford).
struct VarianceAccumulator: Accumulator {
    private var count = 0.0
    private var mean = 0.0
    private var squares = 0.0

    mutating func add(_ value: Double) {
        count += 1
        if count == 1 {
            mean = value
            squares = value.isFinite ? 0 : .nan
            return
        }
        let distance = value - mean
        mean += distance / count
        squares += distance * (value - mean)
    }

    var isEmpty: Bool { count == 0 }
    var value: Double { squares / count }
}

struct DeviationAccumulator: Accumulator {
    private var variance = VarianceAccumulator()

    mutating func add(_ value: Double) { variance.add(value) }

    var isEmpty: Bool { variance.isEmpty }
    var value: Double { variance.value.squareRoot() }
}

/// The histograms of groups, by the number of the cell: few queries have any.
struct HistogramCells {
    private enum Cell {
        case sum(HistogramTotal)
        case mean(HistogramMean)
        case broken
    }

    private let kind: Aggregator
    private let place: SourceRange
    private let annotations: Annotations
    private var cells: [Int: Cell] = [:]
    private var hints: [Int: ResetHints] = [:]

    init(kind: Aggregator, place: SourceRange, _ annotations: Annotations) {
        self.kind = kind
        self.place = place
        self.annotations = annotations
    }

    var isEmpty: Bool { cells.isEmpty }

    mutating func add(_ histogram: FloatHistogram, _ labels: Labels, at index: Int) {
        guard kind == .sum || kind == .avg else {
            annotations.inform("ignored histogram in \(kind.rawValue) aggregation", at: place)
            return
        }
        hints[index, default: ResetHints()].note(histogram)
        guard let cell = cells[index] else {
            cells[index] = kind == .sum ? .sum(HistogramTotal(histogram)) : .mean(HistogramMean(histogram))
            return
        }
        do throws(IncompatibleHistograms) {
            var isReconciled = false
            switch cell {
            case .sum(var total):
                isReconciled = try total.add(histogram)
                cells[index] = .sum(total)
            case .mean(var mean):
                isReconciled = try mean.add(histogram)
                cells[index] = .mean(mean)
            case .broken: return
            }
            if isReconciled {
                annotations.inform("mismatched custom buckets were reconciled during aggregation", at: place)
            }
        } catch {
            annotations.warn(
                "vector contains a mix of histograms with exponential and custom buckets schemas for metric name \(quoted(labels[Labels.metricName] ?? ""))",
                at: place)
            cells[index] = .broken
        }
    }

    /// What a cell gives, when it has histograms; numbers among them spoil it.
    func result(at index: Int, _ number: Double) -> (value: Double, histogram: HistogramBox?)? {
        guard let cell = cells[index] else { return nil }
        guard number.isAbsent else {
            annotations.warn("encountered a mix of histograms and floats for aggregation", at: place)
            return (absent, nil)
        }
        if case .broken = cell { return (absent, nil) }
        if hints[index]?.collide == true {
            annotations.warn("conflicting counter resets during histogram aggregation", at: place)
        }
        switch cell {
        case .sum(let total): return (histogramMark, HistogramBox(total.total))
        case .mean(let mean): return (histogramMark, HistogramBox(mean.mean))
        case .broken: return (absent, nil)
        }
    }
}
