public import Values

/// Reads samples for checks: at once, and without waiting for anybody.
public protocol Queryable: Sendable {
    /// Every series that all matchers match and that has samples in the stretch.
    ///
    /// - Throws: `QueryError` when more series or samples would be touched than allowed.
    func series(_ request: SelectRequest) throws(QueryError) -> any SeriesSet

    /// Has somebody read what may have to be fetched first: `body` is called again, each time with more at hand, until all is there
    /// that it asks for. It must ask for the same whenever it is given the same. Its last result counts.
    func reading<Result: Sendable>(_ body: @Sendable (any Queryable) -> Result) async -> Result
}

extension Queryable {
    /// Everything is at hand.
    public func reading<Result: Sendable>(_ body: @Sendable (any Queryable) -> Result) async -> Result { body(self) }
}

/// So many samples are counted at once, so that one check does not hold the others up.
private let mostSamplesCounted = 10_000_000

extension Queryable {
    /// How far every counter that all matchers match rose in `(after, through]`, exactly, added up by some labels such as
    /// `cohort` and `host`. In the order of these labels.
    ///
    /// - Parameter reachingBack: how far before `after` the sample that counting begins with may lie.
    public func increases(
        _ matchers: [LabelMatcher], by labels: [String], after: Timestamp, through: Timestamp, reachingBack: Period
    ) throws(QueryError) -> [GroupIncrease] {
        let knownFrom = (after - reachingBack).milliseconds
        let found = try series(
            SelectRequest(matchers: matchers, after: knownFrom, through: through.milliseconds))
        var groups: [Labels: GroupIncrease] = [:]
        var buffer = SampleBuffer()
        var samples = 0
        for index in 0..<found.count {
            buffer.removeAll()
            try found.read(index, into: &buffer)
            guard buffer.count > 0 else { continue }
            samples += buffer.count
            guard samples <= mostSamplesCounted else { throw .tooManySamples(limit: mostSamplesCounted) }
            let key = found.labels(index).keeping(labels)
            var group = groups.removeValue(forKey: key) ?? GroupIncrease(labels: key)
            group.increase += CounterIncrease(
                of: buffer, after: after.milliseconds, through: through.milliseconds, knownFrom: knownFrom)
            group.series += 1
            groups[key] = group
        }
        return groups.values.sorted { $0.labels < $1.labels }
    }
}

public enum QueryError: Error, Hashable, Sendable {
    case tooManySeries(limit: Int)
    case tooManySamples(limit: Int)
    case unavailable(String)
    /// Who asked has gone.
    case cancelled
    case timedOut
    case tooMuchMemory
    /// A matcher's regular expression is not valid.
    case invalidMatcher(String)
}

/// One value of a series at one time.
public struct Sample: Hashable, Sendable {
    public var at: Timestamp
    public var value: Double

    public init(at: Timestamp, value: Double) {
        self.at = at
        self.value = value
    }

    /// The value that says that a series ended; the bits are those that Prometheus writes.
    public static let staleMarker = Double(bitPattern: 0x7ff0_0000_0000_0002)

    public var isStaleMarker: Bool { value.bitPattern == Sample.staleMarker.bitPattern }
}

/// A condition on a label, as in PromQL: an absent label counts as the empty text.
public struct LabelMatcher: Hashable, Sendable {
    public enum Operation: String, Hashable, Sendable {
        case equal = "="
        case notEqual = "!="
        /// A regular expression (RE2 syntax) that matches the whole value.
        case matches = "=~"
        case doesNotMatch = "!~"
    }

    public var name: String
    public var operation: Operation
    public var value: String

    public init(_ name: String, _ operation: Operation, _ value: String) {
        self.name = name
        self.operation = operation
        self.value = value
    }
}
