public import Series

/// Which bytes of the text a part of an expression covers.
public struct SourceRange: Hashable, Sendable {
    public var start: Int
    public var end: Int

    public init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }
}

/// An expression as it was written.
public struct Expression: Hashable, Sendable {
    public var form: Form
    public var range: SourceRange

    public init(form: Form, range: SourceRange) {
        self.form = form
        self.range = range
    }

    public indirect enum Form: Hashable, Sendable {
        /// `isDuration`: it was written as `5m`.
        case number(Double, isDuration: Bool)
        case string(String)
        case selector(Selector)
        /// Samples of a selector over a stretch of time: `x[5m]`.
        case range(Selector, Duration)
        case subquery(Subquery)
        case parenthesised(Expression)
        /// `-x`, or `+x`.
        case signed(Expression, isNegative: Bool)
        case operation(Operation)
        case aggregation(Aggregation)
        case call(Call)
        /// Something that is the same at every step; made by the engine only.
        case constant(Expression)
    }

    /// Without the parentheses around it.
    var unwrapped: Expression {
        var expression = self
        while case .parenthesised(let inner) = expression.form { expression = inner }
        return expression
    }
}

/// `name{label="value"} offset 5m @ 1600000000`
public struct Selector: Hashable, Sendable {
    /// The metric's name where it stands before the braces; it is the last matcher then.
    public var name: String?
    public var matchers: [LabelMatcher]
    public var shift = TimeShift()
    public var reach = Reach.within
    /// Which of the query's selections it is; known once the query is prepared.
    var selection = -1

    /// Which samples around the stretch of time count as well.
    public enum Reach: String, Hashable, Sendable {
        case within
        /// The last sample before the stretch stands for its start.
        case anchored
        /// Values at both ends are interpolated.
        case smoothed
    }
}

/// An expression evaluated again and again over a stretch of time: `(…)[1h:1m]`.
public struct Subquery: Hashable, Sendable {
    public var operand: Expression
    public var range: Duration
    /// `nil` is the default resolution.
    public var step: Duration?
    public var shift = TimeShift()
}

/// Which time a selector looks at, instead of the time of the evaluation.
public struct TimeShift: Hashable, Sendable {
    public enum Anchor: Hashable, Sendable {
        case evaluation
        /// Milliseconds since the epoch.
        case time(Int64)
        case start
        case end
    }

    public var anchor = Anchor.evaluation
    /// Positive looks into the past; `nil` when none is written.
    public var offset: Duration?

    public init() {}
}

/// A length of time: as a number or to be calculated when the query's step and range are known.
public enum Duration: Hashable, Sendable {
    case milliseconds(Int64)
    case expression(DurationExpression)

    var milliseconds: Int64 {
        if case .milliseconds(let count) = self { count } else { 0 }
    }
}

/// `5m + step() * 2`
public indirect enum DurationExpression: Hashable, Sendable {
    /// In seconds; `isDuration`: it was written as `5m`.
    case number(Double, isDuration: Bool)
    case step
    case range
    case negated(DurationExpression)
    case parenthesised(DurationExpression)
    case operation(BinaryOperator, DurationExpression, DurationExpression)
    case least(DurationExpression, DurationExpression)
    case greatest(DurationExpression, DurationExpression)
}

/// Two operands with an operator between them.
public struct Operation: Hashable, Sendable {
    public var symbol: BinaryOperator
    public var left: Expression
    public var right: Expression
    /// True for `== bool`: 0 and 1 instead of leaving out what does not hold.
    public var returnsBool: Bool
    /// `nil` unless both operands are vectors.
    public var matching: VectorMatching?
}

public enum BinaryOperator: String, Hashable, Sendable, CaseIterable {
    case or, and, unless
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    /// Takes the observations above a value out of a histogram.
    case trimUpper = "</"
    /// Takes the observations below a value out of a histogram.
    case trimLower = ">/"
    case plus = "+"
    case minus = "-"
    case times = "*"
    case divided = "/"
    case modulo = "%"
    case atan2
    case power = "^"

    var precedence: Int {
        switch self {
        case .or: return 1
        case .and, .unless: return 2
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .trimUpper, .trimLower: return 3
        case .plus, .minus: return 4
        case .times, .divided, .modulo, .atan2: return 5
        case .power: return 6
        }
    }

    public var isSet: Bool { precedence <= 2 }
    public var isComparison: Bool { precedence == 3 && self != .trimUpper && self != .trimLower }
    /// Whether the result is something else than the operand, so that its name no longer fits.
    var changesMeaning: Bool { precedence >= 4 }
}

/// How the elements of two vectors find each other.
public struct VectorMatching: Hashable, Sendable {
    public enum Cardinality: String, Hashable, Sendable {
        case oneToOne = "one-to-one"
        case manyToOne = "many-to-one"
        case oneToMany = "one-to-many"
        case manyToMany = "many-to-many"
    }

    public var cardinality = Cardinality.oneToOne
    /// True for `on (…)`, false for `ignoring (…)` and when neither is written.
    public var isOn = false
    public var labels: [String] = []
    /// The labels of `group_left (…)` that are taken over from the side with one.
    public var included: [String] = []
    /// What stands for a missing element of the left side.
    public var fillLeft: Double?
    public var fillRight: Double?

    public init() {}
}

/// `sum by (label) (…)`
public struct Aggregation: Hashable, Sendable {
    public var function: Aggregator
    public var parameter: Expression?
    public var operand: Expression
    public var grouping: [String]
    public var isWithout: Bool
}

public enum Aggregator: String, Hashable, Sendable, CaseIterable {
    case avg, bottomk, count, group, limitk, max, min, quantile, stddev, stdvar, sum, topk
    case countValues = "count_values"
    case limitRatio = "limit_ratio"

    var hasParameter: Bool { parameterType != nil }

    var parameterType: ValueType? {
        switch self {
        case .bottomk, .topk, .limitk, .limitRatio, .quantile: return .scalar
        case .countValues: return .string
        default: return nil
        }
    }
}

/// `rate(…)`
public struct Call: Hashable, Sendable {
    public var function: Function
    public var arguments: [Expression]
}

/// What an expression gives.
public enum ValueType: String, Hashable, Sendable {
    case scalar
    case string
    case vector
    case matrix
    case none

    /// How people call it.
    public var described: String {
        switch self {
        case .vector: return "instant vector"
        case .matrix: return "range vector"
        default: return rawValue
        }
    }
}

extension Expression {
    public var type: ValueType {
        switch form {
        case .number: return .scalar
        case .string: return .string
        case .selector, .aggregation: return .vector
        case .range, .subquery: return .matrix
        case .parenthesised(let inner), .signed(let inner, _), .constant(let inner): return inner.type
        case .operation(let operation):
            return operation.left.type == .scalar && operation.right.type == .scalar ? .scalar : .vector
        case .call(let call): return call.function.result
        }
    }
}
