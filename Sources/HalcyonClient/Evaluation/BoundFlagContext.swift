import Glibc
import Values

/// A context made ready once for many evaluations, for example for all of a request.
///
/// With it a boolean flag is read in well under a microsecond, without a lock and without memory. It follows the provider to
/// new flags by itself. Hooks are not run.
public struct BoundFlagContext: ~Copyable {
    let context: EvaluationContext
    var bound = BoundContext()
    /// What it is bound to; held, so that no other can be taken for it.
    var snapshot: FlagSnapshot?
}

extension FlagClient {
    /// Makes a context ready: the API's, the transaction's and the client's as they are now, with `context` on top.
    public func bind(_ context: EvaluationContext? = nil) -> BoundFlagContext {
        BoundFlagContext(context: merged(context))
    }

    /// A boolean flag's value, without memory and without waiting.
    public func value(_ key: String, default fallback: Bool, in bound: inout BoundFlagContext) -> Bool {
        guard let cell = provider.cell else { return value(key, default: fallback, context: bound.context) }
        return cell.read { snapshot in
            guard let flag = snapshot.index(of: key) else { return fallback }
            bound.follow(snapshot)
            let resolution = snapshot.evaluate(flag, in: &bound.bound, at: .now())
            snapshot.counters.count(flag: flag, variant: resolution.variant)
            guard resolution.variant >= 0, case .bool(let value) = snapshot.value(flag, resolution.variant) else {
                return fallback
            }
            return value
        }
    }

    /// A number's value, without memory and without waiting. A whole number is a double too.
    public func value(_ key: String, default fallback: Double, in bound: inout BoundFlagContext) -> Double {
        guard let cell = provider.cell else { return value(key, default: fallback, context: bound.context) }
        return cell.read { snapshot in
            guard let flag = snapshot.index(of: key) else { return fallback }
            bound.follow(snapshot)
            let resolution = snapshot.evaluate(flag, in: &bound.bound, at: .now())
            snapshot.counters.count(flag: flag, variant: resolution.variant)
            return resolution.variant < 0 ? fallback : snapshot.double(flag, resolution.variant) ?? fallback
        }
    }

    /// Any flag's value.
    public func value<Value: FlagReadable>(
        _ key: String, default fallback: Value, in bound: inout BoundFlagContext
    ) -> Value {
        guard let cell = provider.cell else { return value(key, default: fallback, context: bound.context) }
        return cell.read { snapshot in
            guard let flag = snapshot.index(of: key) else { return fallback }
            bound.follow(snapshot)
            let resolution = snapshot.evaluate(flag, in: &bound.bound, at: .now())
            snapshot.counters.count(flag: flag, variant: resolution.variant)
            return resolution.variant < 0
                ? fallback : Value(flagValue: snapshot.value(flag, resolution.variant)) ?? fallback
        }
    }
}

extension BoundFlagContext {
    mutating func follow(_ newest: borrowing FlagSnapshot) {
        let newest = copy newest
        if snapshot === newest { return }
        newest.bind(context, into: &bound)
        snapshot = newest
    }
}

extension Timestamp {
    static func now() -> Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }
}
