public import Series
public import Values

/// An expression as it was written, with the place of its first (for an operation: its operator's) character.
public struct Expression: Hashable, Sendable {
    public var form: Form
    public var place: PromQLError.Place

    public init(form: Form, place: PromQLError.Place) {
        self.form = form
        self.place = place
    }

    public indirect enum Form: Hashable, Sendable {
        case number(Double)
        case string(String)
        case selector(Selector)
        /// Samples of a selector over a stretch of time: `x[5m]`.
        case range(Selector, Period)
        /// An expression evaluated again and again over a stretch of time: `(…)[1h:1m]`.
        case subquery(Expression, range: Period, step: Period?, TimeShift)
        case parenthesised(Expression)
        case negated(Expression)
        case operation(Operation)
        case aggregation(Aggregation)
        case call(String, [Expression])
    }
}

/// `name{label="value"} offset 5m @ 1600000000`
public struct Selector: Hashable, Sendable {
    public var matchers: [LabelMatcher]
    public var shift: TimeShift
}

/// Which time a selector looks at, instead of the time of the evaluation.
public struct TimeShift: Hashable, Sendable {
    public enum Anchor: Hashable, Sendable {
        case evaluation
        case time(Timestamp)
        case start
        case end
    }

    public var anchor = Anchor.evaluation
    /// Positive looks into the past.
    public var offset = Period.zero
}

/// Two operands with an operator between them.
public struct Operation: Hashable, Sendable {
    public var symbol: BinaryOperator
    public var left: Expression
    public var right: Expression
    /// True for `== bool`: 0 and 1 instead of leaving out what does not hold.
    public var returnsBool: Bool
    public var matching: VectorMatching
}

public enum BinaryOperator: String, Hashable, Sendable, CaseIterable {
    case or, and, unless
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
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
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: return 3
        case .plus, .minus: return 4
        case .times, .divided, .modulo, .atan2: return 5
        case .power: return 6
        }
    }

    var isSet: Bool { precedence <= 2 }
    public var isComparison: Bool { precedence == 3 }
}

/// How the elements of two vectors find each other.
public struct VectorMatching: Hashable, Sendable {
    public enum Cardinality: Hashable, Sendable {
        case oneToOne, manyToOne, oneToMany, manyToMany
    }

    public var cardinality = Cardinality.oneToOne
    /// True for `on (…)`, false for `ignoring (…)` and when neither is written.
    public var isOn = false
    public var labels: [String] = []
    /// The labels of `group_left (…)` that are taken over from the side with one.
    public var included: [String] = []
}

/// `sum by (label) (…)`
public struct Aggregation: Hashable, Sendable {
    public var name: String
    public var parameter: Expression?
    public var operand: Expression
    public var grouping: [String]
    public var isWithout: Bool
}

/// What an expression gives.
public enum ValueType: String, Hashable, Sendable {
    case scalar
    case string
    case vector = "instant vector"
    case matrix = "range vector"
}
