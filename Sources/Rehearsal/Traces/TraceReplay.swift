public import Specs
public import Verdicts

/// Judges recorded traces as if they happened now.
///
/// A file may hold many traces, one after another; within one the lines are ordered by `t`, seconds since the change reached its first user.
/// Lines with `t` ≤ 0 are of the time before. Decisions come out in the order of time, trace by trace: a `pass` when it is proven, a
/// `fail`, which ends the trace, and `undecided` for one that ends without either.
public struct TraceReplay {
    /// A decision about one trace.
    public struct Decision: Hashable, Sendable {
        /// The trace's name; empty in a file without the column.
        public var trace: String
        /// What was decided.
        public var verdict: Verdict
        /// Seconds since the change reached its first user.
        public var at: Double
        /// The check that failed; for a pass and for undecided the one that took longest, or is farthest from it.
        public var check: String
        /// What every check said then.
        public var readings: [Reading]
        /// How much of the chance of a false rollback was spent then.
        public var budget: BudgetView
    }

    private let document: ChecksDocument
    private var reader = TraceReader()
    private var sources: TraceChecks?
    private var session: Session?

    public init(_ document: ChecksDocument) { self.document = document }

    /// Takes bytes of the file in.
    /// - Throws: `TraceProblem` with the line for what is not a trace.
    public mutating func read(_ bytes: some Sequence<UInt8>) throws(TraceProblem) -> [Decision] {
        var decisions: [Decision] = []
        var reader = reader
        self.reader = TraceReader()
        defer { self.reader = reader }
        try reader.read(bytes) { (header, row) throws(TraceProblem) in try self.take(header, row, &decisions) }
        return decisions
    }

    /// The file has ended.
    public mutating func finish() throws(TraceProblem) -> [Decision] {
        var decisions: [Decision] = []
        var reader = reader
        try reader.finish { (header, row) throws(TraceProblem) in try self.take(header, row, &decisions) }
        if let end = session?.end() { decisions += end }
        session = nil
        return decisions
    }

    private mutating func take(
        _ header: TraceHeader, _ row: TraceRow, _ decisions: inout [Decision]
    ) throws(TraceProblem) {
        if sources == nil { sources = try TraceChecks(document.checks, header: header) }
        guard let sources else { return }
        if session?.name != row.trace {
            if let end = session?.end() { decisions += end }
            session = Session(name: row.trace, document: document, sources: sources)
        }
        if let decision = try session?.take(row, header) { decisions += decision }
    }
}
