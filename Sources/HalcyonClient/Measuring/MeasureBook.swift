import Synchronization

/// What happened to those who were given each variant, since the process began: sums in fixed buckets, never single events.
///
/// Bounded: so many flags with their variants, so many events of each, and of targeting keys a sample that stays small.
final class MeasureBook: Sendable {
    struct Entry: Hashable, Sendable {
        var flag: String
        var variant: String
    }

    struct Sums: Sendable {
        var requests: Int64 = 0
        var errors: Int64 = 0
        var micros: Int64 = 0
        var buckets = [Int64](repeating: 0, count: MeasureBook.bounds.count + 1)
        var events: [String: Int64] = [:]
    }

    /// The upper bounds of the buckets, in microseconds.
    static let bounds: [Int64] = [
        500, 1_000, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 25_000, 40_000, 60_000, 100_000, 150_000, 250_000,
        400_000, 600_000, 1_000_000, 1_500_000, 2_500_000, 5_000_000, 10_000_000,
    ]
    /// The server takes no more.
    static let mostEntries = 500
    static let mostEvents = 50
    /// Of the flags that are rolled out at once, so many are followed.
    static let mostMarks = 32

    private struct State {
        var sums: [Entry: Sums] = [:]
        var marks: [String: Mark] = [:]
        var exposures: [String: ExposedKeys] = [:]
    }

    /// Tells this process from every other.
    let client: String
    let begunAt = ContinuousClock.now
    private let seed: UInt64
    private let state = Mutex(State())
    private let marked = Atomic(false)

    init() {
        var generator = SystemRandomNumberGenerator()
        client = String(generator.next() as UInt64, radix: 16)
        seed = generator.next()
    }

    /// Whether any flag is being rolled out. One load, for the fast path.
    var isWatching: Bool { marked.load(ordering: .relaxed) }

    /// From now on, these are the flags that are evaluated.
    ///
    /// - Returns: whether what rollouts do has changed.
    @discardableResult
    func follow(_ snapshot: FlagSnapshot) -> Bool {
        var marks: [String: Mark] = [:]
        for key in snapshot.keys {
            guard marks.count < MeasureBook.mostMarks, let flag = snapshot.index(of: key),
                let mark = Mark(snapshot.metadata(flag))
            else { continue }
            marks[key] = mark
        }
        let found = marks
        let isNew = state.withLock { state in
            defer {
                state.marks = found
                state.exposures = state.exposures.filter { found[$0.key] == $0.value.mark }
            }
            return state.marks != found
        }
        marked.store(!found.isEmpty, ordering: .relaxed)
        return isNew
    }

    /// The flags that are being rolled out.
    var watched: [String: Mark] { state.withLock { $0.marks } }

    func mark(of flag: String) -> Mark? { state.withLock { $0.marks[flag] } }

    // MARK: Noting

    /// A block that ran with a variant.
    func note(_ flag: String, _ variant: String, took: Duration, failed: Bool) {
        let (seconds, attoseconds) = took.components
        // Nothing runs for longer than thirty years.
        let micros = min(max(0, seconds), 1_000_000_000) * 1_000_000 + max(0, attoseconds) / 1_000_000_000_000
        change(Entry(flag: flag, variant: variant)) { sums in
            sums.requests += 1
            if failed { sums.errors += 1 }
            sums.micros &+= micros
            let bucket = MeasureBook.bounds.firstIndex { micros <= $0 } ?? MeasureBook.bounds.count
            sums.buckets[bucket] += 1
        }
    }

    /// Something happened to somebody who is given a variant.
    func note(event: String, _ flag: String, _ variant: String) {
        guard !event.isEmpty, event.utf8.count <= 128 else { return }
        change(Entry(flag: flag, variant: variant)) { sums in
            guard sums.events[event] != nil || sums.events.count < MeasureBook.mostEvents else { return }
            sums.events[event, default: 0] += 1
        }
    }

    private func change(_ entry: Entry, _ body: (inout Sums) -> Void) {
        state.withLock { state in
            guard state.sums[entry] != nil || state.sums.count < MeasureBook.mostEntries else { return }
            body(&state.sums[entry, default: Sums()])
        }
    }

    /// A targeting key was given a variant, by a share or by a rule.
    func note(key: String, _ flag: String, _ variant: String, _ mark: Mark, isDrawn: Bool) {
        let hash = MeasureBook.hash(key, seed)
        state.withLock { state in
            // What was evaluated just before the share has changed says nothing of the new one.
            guard state.marks[flag] == mark else { return }
            var keys = state.exposures.removeValue(forKey: flag) ?? ExposedKeys(mark: mark)
            if keys.mark != mark { keys = ExposedKeys(mark: mark) }
            keys.note(hash, variant, isDrawn: isDrawn)
            state.exposures[flag] = keys
        }
    }

    /// Which keys are remembered shall have nothing to do with who gets what: FNV-1a, begun with a number of this process' own,
    /// and mixed well.
    private static func hash(_ key: String, _ seed: UInt64) -> UInt64 {
        var hash = seed ^ 0xcbf2_9ce4_8422_2325
        for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        return hash ^ (hash >> 31)
    }

    // MARK: Reporting

    /// What is to be sent; `nil` when nothing was measured. Sums, so that sending them again does no harm.
    func report() -> FlagValue? {
        let (sums, exposures) = state.withLock { ($0.sums, $0.exposures) }
        guard !sums.isEmpty || !exposures.isEmpty else { return nil }
        let age = (ContinuousClock.now - begunAt).components
        return [
            "client": .string(client),
            "age": .integer(age.seconds * 1000 + age.attoseconds / 1_000_000_000_000_000),
            "bounds": .list(MeasureBook.bounds.map(FlagValue.integer)),
            "flags": .list(sums.map { MeasureBook.value($0.key, $0.value) }),
            "exposures": .list(exposures.map { $0.value.value(flag: $0.key) }),
        ]
    }

    private static func value(_ entry: Entry, _ sums: Sums) -> FlagValue {
        [
            "flag": .string(entry.flag), "variant": .string(entry.variant), "requests": .integer(sums.requests),
            "errors": .integer(sums.errors), "micros": .integer(sums.micros),
            "buckets": .list(sums.buckets.map(FlagValue.integer)),
            "events": .list(
                sums.events.map { ["event": .string($0.key), "count": .integer($0.value)] as FlagValue }),
        ]
    }
}
