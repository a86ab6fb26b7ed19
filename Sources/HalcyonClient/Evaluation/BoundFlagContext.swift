import Glibc
import Synchronization
import Values

/// A context made ready once for many evaluations, for example for all of a request.
///
/// With it a boolean flag is read in well under a microsecond, without a lock and without memory. It follows the provider to
/// new flags by itself. Hooks are not run.
public struct BoundFlagContext: ~Copyable {
    let context: EvaluationContext
    var bound = BoundContext()
    /// Where the provider's flags are, as of `generation`: asking the API takes a lock that all threads share.
    private var cell: SnapshotCell?
    private var generation: UInt64 = 0

    init(context: EvaluationContext) {
        self.context = context
    }
}

extension FlagClient {
    /// Makes a context ready: the API's, the transaction's and the client's as they are now, with `context` on top.
    public func bind(_ context: EvaluationContext? = nil) -> BoundFlagContext {
        BoundFlagContext(context: merged(context))
    }

    /// A boolean flag's value, without memory and without waiting.
    public func value(_ key: String, default fallback: Bool, in bound: inout BoundFlagContext) -> Bool {
        guard let cell = bound.cell(of: self) else { return value(key, default: fallback, context: bound.context) }
        return bound.value(key, in: cell, or: fallback) { snapshot, flag, variant in
            if case .bool(let value) = snapshot.value(flag, variant) { value } else { nil }
        }
    }

    /// A number's value, without memory and without waiting. A whole number is a double too.
    public func value(_ key: String, default fallback: Double, in bound: inout BoundFlagContext) -> Double {
        guard let cell = bound.cell(of: self) else { return value(key, default: fallback, context: bound.context) }
        return bound.value(key, in: cell, or: fallback) { snapshot, flag, variant in snapshot.double(flag, variant) }
    }

    /// Any flag's value.
    public func value<Value: FlagReadable>(
        _ key: String, default fallback: Value, in bound: inout BoundFlagContext
    ) -> Value {
        guard let cell = bound.cell(of: self) else { return value(key, default: fallback, context: bound.context) }
        return bound.value(key, in: cell, or: fallback) { snapshot, flag, variant in
            Value(flagValue: snapshot.value(flag, variant))
        }
    }
}

extension BoundFlagContext {
    /// Where the client's flags are; held here, so that no count of references has to be touched for it.
    @inline(__always)
    mutating func cell(of client: borrowing FlagClient) -> Unmanaged<SnapshotCell>? {
        let newest = client.api.generation.load(ordering: .acquiring)
        if newest != generation {
            cell = client.provider.cell
            generation = newest
        }
        return cell.map { Unmanaged.passUnretained($0) }
    }

    /// What a flag's answer is worth, or `fallback`. Whoever calls holds the cell.
    @inline(__always)
    mutating func value<Value>(
        _ key: String, in cell: Unmanaged<SnapshotCell>, or fallback: Value,
        _ read: (FlagSnapshot, Int32, Int32) -> Value?
    ) -> Value {
        cell._withUnsafeGuaranteedRef { cell in
            cell.read { snapshot in
                guard let flag = snapshot.index(of: key) else { return fallback }
                follow(snapshot)
                let resolution = snapshot.evaluate(flag, in: &bound, at: .now())
                snapshot.counters.count(flag: flag, variant: resolution.variant)
                return resolution.variant < 0 ? fallback : read(snapshot, flag, resolution.variant) ?? fallback
            }
        }
    }

    @inline(__always)
    mutating func follow(_ newest: borrowing FlagSnapshot) {
        if !newest.hasBound(bound) { newest.bind(context, into: &bound) }
    }
}

extension Timestamp {
    static func now() -> Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }
}
