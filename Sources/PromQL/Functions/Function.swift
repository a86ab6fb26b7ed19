import Series
import Values

/// A function of the language: how it is called, what it does, in words and in code.
///
/// A new one gets a file of its own in this folder and a line in the table.
struct Function: Sendable {
    let name: String
    let parameters: [ValueType]
    /// How many of the parameters, from the end, may be left out.
    var optional = 0
    let result: ValueType
    /// How it is written, for example `rate(counter[5m])`.
    let usage: String
    /// One sentence.
    let documentation: String
    let body: @Sendable (FunctionCall) throws(PromQLError) -> Value

    static let table: [String: Function] = Dictionary(
        uniqueKeysWithValues: [
            .abs, .absent, .absentOverTime, .avgOverTime, .ceil, .changes, .clamp, .clampMax, .clampMin,
            .countOverTime, .delta, .floor, .histogramQuantile, .increase, .irate, .lastOverTime, .maxOverTime,
            .minOverTime, .presentOverTime, .quantileOverTime, .rate, .resets, .round, .scalar, .stddevOverTime,
            .stdvarOverTime, .sumOverTime, .time, .vector,
        ].map { (function: Function) in (function.name, function) })
}

/// One call of a function, its arguments of the types that it declares.
struct FunctionCall {
    let arguments: [Value]
    let expressions: [Expression]
    let time: Timestamp
    let place: PromQLError.Place

    /// NaN when the argument was left out.
    func number(_ index: Int) -> Double {
        if index < arguments.count, case .scalar(let number) = arguments[index] { return number }
        return .nan
    }

    func elements(_ index: Int) -> [Element] {
        if index < arguments.count, case .vector(let elements) = arguments[index] { return elements }
        return []
    }

    func range(_ index: Int) -> RangeVector {
        if index < arguments.count, case .matrix(let range) = arguments[index] { return range }
        return RangeVector(series: [], after: time, through: time)
    }

    /// One value of each element; the name no longer applies.
    func mapElements(_ index: Int, _ change: (Double) -> Double) -> Value {
        .vector(elements(index).map { $0.with(change($0.value), dropsName: true) })
    }

    /// One value of each series of a range; without a value the series is left out.
    func mapSeries(
        _ index: Int, keepingName: Bool = false, _ fold: ([Sample], RangeVector) -> Double?
    ) -> Value {
        let range = range(index)
        return .vector(
            range.series.compactMap { series in
                fold(series.samples, range).map {
                    Element(labels: series.labels, value: $0).with($0, dropsName: !keepingName)
                }
            })
    }
}
