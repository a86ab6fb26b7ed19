import Series

/// A function of the language: its signature, what it does, and how.
public struct Function: Sendable {
    public let name: String
    /// The types of the arguments; the last may be left out or repeated as `variadic` says.
    public let arguments: [ValueType]
    /// 0: exactly these arguments; n: the last may be left out, or there may be up to n of it; −1: without a limit.
    public let variadic: Int
    public let result: ValueType
    /// Not stable in Prometheus yet.
    public let isExperimental: Bool
    /// What it gives, in one paragraph of the reference.
    public let summary: String
    let body: Body

    enum Body: Sendable {
        /// A number for each number of an instant vector.
        case ofNumber(@Sendable (Double) -> Double)
        /// A number for each histogram of an instant vector.
        case ofHistogram(@Sendable (FloatHistogram) -> Double)
        /// A value for the samples that a range selector sees of each series; `absent` for none.
        case ofWindow(@Sendable (inout Window) -> Double)
        /// A number for the time that each number of an instant vector says, or for the time of evaluation.
        case ofTime(@Sendable (CivilTime) -> Double)
        /// A scalar of scalars.
        case ofScalars(@Sendable ([Double]) -> Double)
        /// Something that the evaluation does itself.
        case special(Special)
    }

    enum Special: Sendable {
        case absent, absentOverTime, clamp, clampMax, clampMin, round
        case histogramQuantile, histogramQuantiles, histogramFraction
        case info, labelJoin, labelReplace, scalar, vector, time
        case sort(isDescending: Bool), sortByLabel(isDescending: Bool)
        case timestamp, startTimestamp
        /// Replaced by a number before evaluation.
        case queryContext
    }

    init(
        _ name: String, _ arguments: [ValueType], variadic: Int = 0, returns result: ValueType = .vector,
        isExperimental: Bool = false, _ summary: String, _ body: Body
    ) {
        self.name = name
        self.arguments = arguments
        self.variadic = variadic
        self.result = result
        self.isExperimental = isExperimental
        self.summary = summary
        self.body = body
    }

    /// Whether the result changes with the time of evaluation although the arguments do not.
    var dependsOnTime: Bool {
        switch body {
        case .ofTime: return true
        case .special(.time), .special(.timestamp), .special(.queryContext): return true
        default: return name == "predict_linear"
        }
    }

    /// The newest and the oldest sample are still samples of their metric.
    var dropsName: Bool { name != "last_over_time" && name != "first_over_time" }

    /// Whether it asks where a counter was reset.
    var countsResets: Bool { name == "rate" || name == "increase" }

    /// Whether it makes sense for counters only.
    var expectsCounter: Bool { name == "rate" || name == "increase" }

    /// The functions that ask for the query's own times.
    static let queryContext: Set = ["start", "end", "range", "step"]
}

extension Function: Hashable {
    public static func == (left: Function, right: Function) -> Bool { left.name == right.name }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Function {
    /// Every function, by name.
    public static let all: [Function] = [
        arithmetic, trigonometry, rounding, overTime, rates, regressions, changes, labels, sorting, dates, histograms,
        absence, conversions, queryTimes,
    ].flatMap { $0 }.sorted { $0.name < $1.name }

    private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }

    /// The function of a name.
    public static func named(_ name: String) -> Function? { byName[name] }
}
