import Synchronization

/// How often each flag gave each variant since the server was last told. Bounded by the flags that there are.
final class UsageBook: Sendable {
    struct Entry: Hashable, Sendable {
        var flag: String
        /// Empty for the caller's default.
        var variant: String
    }

    /// More different entries than these are not kept; flags come and go, and the server may be away for months.
    static let capacity = 50_000

    private struct State {
        var current: FlagSnapshot?
        /// Replaced, but perhaps still counted in by whoever read it at that moment.
        var retired: [FlagSnapshot] = []
        var counts: [Entry: UInt64] = [:]
    }

    private let state = Mutex(State())

    /// From now on, these are the flags that are evaluated.
    func follow(_ snapshot: FlagSnapshot) {
        state.withLock { state in
            if let old = state.current {
                // At most two wait: of an older one everything has been counted long ago.
                if state.retired.count == 2 { UsageBook.drain(state.retired.removeFirst(), &state.counts) }
                state.retired.append(old)
            }
            state.current = snapshot
        }
    }

    /// What is to be sent: everything that was counted and not yet taken, or given back.
    func take() -> [Entry: UInt64] {
        state.withLock { state in
            for snapshot in state.retired { UsageBook.drain(snapshot, &state.counts) }
            state.retired = state.retired.suffix(1)
            if let current = state.current { UsageBook.drain(current, &state.counts) }
            defer { state.counts = [:] }
            return state.counts
        }
    }

    /// It could not be sent: it is added to what comes.
    func giveBack(_ counts: [Entry: UInt64]) {
        state.withLock { state in
            for (entry, count) in counts { UsageBook.add(count, entry, &state.counts) }
        }
    }

    private static func drain(_ snapshot: FlagSnapshot, _ counts: inout [Entry: UInt64]) {
        snapshot.counters.drain { flag, variant, count in
            let name = variant < 0 ? "" : snapshot.variantName(flag, variant)
            add(count, Entry(flag: snapshot.key(flag), variant: name), &counts)
        }
    }

    private static func add(_ count: UInt64, _ entry: Entry, _ counts: inout [Entry: UInt64]) {
        guard counts[entry] != nil || counts.count < capacity else { return }
        counts[entry, default: 0] &+= count
    }

    /// The body of a report, as `POST /v1/sdk/usage` takes it.
    static func report(_ counts: some Collection<(key: Entry, value: UInt64)>, _ measures: FlagValue?) -> [UInt8] {
        let entries = counts.map { entry, count -> FlagValue in
            [
                "flag": .string(entry.flag), "variant": .string(entry.variant),
                "count": .integer(Int64(clamping: count)),
            ]
        }
        var members = [FlagMember("counts", .list(entries))]
        if let measures { members.append(FlagMember("measures", measures)) }
        return FlagValue.object(members).json
    }
}
