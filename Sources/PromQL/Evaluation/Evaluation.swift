import Series

/// One run of a prepared query.
///
/// Every part of the expression is evaluated for all steps at once, series by series; what a part gives is a `Block` or one number
/// a step.
final class Evaluation {
    let prepared: PreparedQuery
    private let sets: [any SeriesSet]
    private let interruption: () -> Interruption?
    private let reserve: (Int) -> Bool
    let annotations = Annotations()
    let limits: QueryLimits
    /// Used again for every series.
    private var buffer = SampleBuffer()
    /// How many samples the parts that are being worked with hold.
    private var held = 0
    /// What of it `reserve` was told.
    private var reserved = 0
    /// The most of it so far.
    private(set) var peak = 0
    /// How many samples were read from the sets.
    private(set) var touched = 0
    private var sinceAsked = 0

    init(
        _ prepared: PreparedQuery, _ sets: [any SeriesSet], _ interruption: @escaping () -> Interruption?,
        _ reserve: @escaping (Int) -> Bool
    ) {
        self.prepared = prepared
        self.sets = sets
        self.interruption = interruption
        self.reserve = reserve
        limits = prepared.limits
    }

    func run() throws(PromQLError) -> QueryResult {
        try checkInterruption()
        let value = try value()
        let (warnings, infos) = annotations.texts(in: prepared.query.text)
        return QueryResult(
            value: value, warnings: warnings, infos: infos, samplesTouched: touched, peakSamples: peak)
    }

    /// The value of an expression at all times of a frame. Ranges are evaluated by the functions over them.
    func evaluate(_ expression: Expression, _ frame: Frame) throws(PromQLError) -> Evaluated {
        try checkInterruption()
        switch expression.form {
        case .number(let value, _): return .scalar([Double](repeating: value, count: frame.steps))
        case .string(let value): return .string(value)
        case .parenthesised(let inner): return try evaluate(inner, frame)
        case .signed(let inner, let isNegative): return try signed(inner, isNegative, frame)
        case .constant(let inner): return try repeated(inner, frame)
        case .selector(let selector): return .block(try instant(selector, frame, expression.range))
        case .operation(let operation): return try evaluate(operation, frame, expression.range)
        case .aggregation(let aggregation):
            return .block(try evaluate(aggregation, frame, expression.range))
        case .call(let call): return try evaluate(call, frame, expression.range)
        case .range, .subquery:
            throw PromQLError("a range vector must be the argument of a function here")
        }
    }

    func block(_ expression: Expression, _ frame: Frame) throws(PromQLError) -> Block {
        guard case .block(let block) = try evaluate(expression, frame) else {
            throw PromQLError("expected an instant vector, got \(expression.type.described)")
        }
        return block
    }

    func scalar(_ expression: Expression, _ frame: Frame) throws(PromQLError) -> [Double] {
        guard case .scalar(let values) = try evaluate(expression, frame) else {
            throw PromQLError("expected a scalar, got \(expression.type.described)")
        }
        return values
    }

    private func signed(
        _ inner: Expression, _ isNegative: Bool, _ frame: Frame
    ) throws(PromQLError) -> Evaluated {
        let evaluated = try evaluate(inner, frame)
        guard isNegative else { return evaluated }
        switch evaluated {
        case .scalar(let values): return .scalar(values.map { -$0 })
        case .string: return evaluated
        case .block(var block):
            for index in block.values.indices where block.values[index].isFloat { block.values[index].negate() }
            for index in block.histograms.indices {
                if let box = block.histograms[index] {
                    block.histograms[index] = HistogramBox(box.value.scaled(by: -1))
                }
            }
            for index in block.rows.indices { block.rows[index].dropsName = true }
            return .block(block)
        }
    }

    /// What is the same at every step is evaluated at the first one.
    private func repeated(_ inner: Expression, _ frame: Frame) throws(PromQLError) -> Evaluated {
        guard frame.steps > 1 else { return try evaluate(inner, frame) }
        let single = try evaluate(inner, frame.single)
        switch single {
        case .string: return single
        case .scalar(let values): return .scalar([Double](repeating: values.first ?? .nan, count: frame.steps))
        case .block(let block):
            var repeated = Block()
            repeated.values.reserveCapacity(block.rows.count * frame.steps)
            for index in block.rows.indices {
                let row = block.rows[index]
                let value = block.value(index, 0)
                let box = block.histogram(index, 0)
                repeated.append(
                    row.labels, dropsName: row.dropsName, [Double](repeating: value, count: frame.steps),
                    box == nil ? [] : [HistogramBox?](repeating: box, count: frame.steps))
            }
            try hold(repeated.size)
            return .block(repeated)
        }
    }

    // MARK: - Reading

    func set(_ selector: Selector) throws(PromQLError) -> any SeriesSet {
        guard sets.indices.contains(selector.selection) else { throw PromQLError("the query was not prepared") }
        return sets[selector.selection]
    }

    /// The samples of a series, in the evaluation's own buffer.
    func read(
        _ set: any SeriesSet, _ index: Int, _ selector: Selector,
        _ body: (inout SampleBuffer) throws(PromQLError) -> Void
    ) throws(PromQLError) {
        buffer.removeAll()
        do throws(QueryError) {
            try set.read(index, into: &buffer)
        } catch {
            throw PromQLError("expanding series: \(error.text)")
        }
        if !buffer.histograms.isEmpty, prepared.selections[selector.selection].skipsHistogramBuckets {
            buffer.detectResets()
        }
        touched += buffer.count
        sinceAsked += buffer.count + 16
        if sinceAsked > 20_000 {
            sinceAsked = 0
            try checkInterruption()
        }
        try body(&buffer)
    }

    // MARK: - Limits

    func checkInterruption() throws(PromQLError) {
        switch interruption() {
        case nil: return
        case .cancelled:
            throw PromQLError("query was canceled in expression evaluation", kind: .cancelled)
        case .timedOut: throw PromQLError("query timed out in expression evaluation", kind: .timedOut)
        }
    }

    /// Counts samples that are kept, and says no when there are too many.
    func hold(_ samples: Int) throws(PromQLError) {
        held += samples
        try checkSamples(0)
    }

    func release(_ samples: Int) { held -= samples }

    func checkSamples(_ more: Int) throws(PromQLError) {
        let all = held + more
        peak = max(peak, all)
        guard all <= limits.samples else { throw Evaluation.tooManySamples }
        // Others are told of more than a few only: it costs more than to count.
        let change = all - reserved
        guard change.magnitude >= 64 else { return }
        reserved = all
        if !reserve(change) { throw Evaluation.tooManySamples }
    }

    private static let tooManySamples = PromQLError(
        "query processing would load too many samples into memory in query execution")
}

extension QueryError {
    var kind: PromQLError.Kind {
        switch self {
        case .cancelled: return .cancelled
        case .timedOut: return .timedOut
        default: return .execution
        }
    }

    /// What went wrong, for people.
    var text: String {
        switch self {
        case .tooManySeries(let limit): return "the query touches more than \(limit) series"
        case .tooManySamples(let limit): return "the query touches more than \(limit) samples"
        case .unavailable(let reason): return reason
        case .cancelled: return "query was canceled in query execution"
        case .timedOut: return "query timed out in query execution"
        case .tooMuchMemory: return "query processing would load too many samples into memory in query execution"
        case .invalidMatcher(let reason): return reason
        }
    }
}
