import FlagSpecs
import Flags
import Logging
import Ports
import Synchronization
import Values
import Wire

/// How often every flag gave each of its variants. The snapshots count; here it is added up, and kept now and then.
///
/// Bounded by the flags that there are: what is reported of others is dropped.
final class UsageBook: Sendable {
    fileprivate struct Environment: Sendable {
        var record: UsageRecord
        /// Counts of the last minute, in six parts of ten seconds.
        var recent: [String: [String: [Int64]]] = [:]
        var tenSeconds: Int64 = 0
        /// The snapshots that may still be counting: the newest, and those that readers may hold for a while.
        var snapshots: [(snapshot: FlagSnapshot, replacedAt: Timestamp?)] = []
        var isChanged = false
    }

    /// How long a replaced snapshot is still asked.
    private static let patience = Period.minutes(1)
    fileprivate static let mostSnapshots = 16
    /// More evaluations than this in one report are none: sums of them must stay numbers.
    static let mostInReport: Int64 = 1_000_000_000_000
    private static let keepEvery = Period.minutes(5)

    private let store: any DocumentStore
    private let state: Mutex<(environments: [String: Environment], keptAt: Timestamp)>

    init(store: any DocumentStore, environments: [String], at now: Timestamp) async throws(Problem) {
        self.store = store
        var loaded: [String: Environment] = [:]
        for name in environments {
            let document: StoredDocument?
            do throws(StoreError) {
                document = try await store.read(DocumentKey(FlagCollection.usage, name))
            } catch {
                throw Problem(storeError: error)
            }
            let record = try document.map { (document) throws(Problem) in
                try Codec.decode(UsageRecord.self, document)
            }
            var kept = record ?? UsageRecord(since: now, flags: [:])
            for (flag, variants) in kept.flags {
                kept.flags[flag] = variants.mapValues {
                    UsageRecord.Variant(count: max($0.count, 0), lastAt: $0.lastAt)
                }
            }
            loaded[name] = Environment(record: kept)
        }
        state = Mutex((loaded, now))
    }

    /// From now on, this snapshot counts.
    func follow(_ snapshot: FlagSnapshot, in name: String) {
        state.withLock { state in
            let now = state.keptAt
            var environment =
                state.environments[name] ?? Environment(record: UsageRecord(since: now, flags: [:]))
            if environment.snapshots.last?.snapshot === snapshot { return }
            environment.snapshots.append((snapshot, nil))
            let known = Set(snapshot.keys)
            environment.recent = environment.recent.filter { known.contains($0.key) }
            state.environments[name] = environment
        }
    }

    /// Adds up what the snapshots have counted.
    func gather(at now: Timestamp) {
        state.withLock { state in
            for name in state.environments.keys {
                state.environments[name]?.gather(at: now, patience: UsageBook.patience)
            }
        }
    }

    /// Somebody took the whole set.
    func noteWhole(in name: String, at now: Timestamp) {
        state.withLock { state in
            state.environments[name]?.record.takenWholeAt = now
            state.environments[name]?.isChanged = true
        }
    }

    /// Takes what an SDK has counted by itself.
    func add(_ report: SDKUsageReport, in name: String, at now: Timestamp) {
        state.withLock { state in
            guard let snapshot = state.environments[name]?.snapshots.last?.snapshot else { return }
            for count in report.counts where (1...UsageBook.mostInReport).contains(count.count) {
                guard let flag = snapshot.index(of: count.flag) else { continue }
                guard count.variant.isEmpty || snapshot.variantNames(flag).contains(count.variant) else { continue }
                state.environments[name]?.add(count.count, count.flag, count.variant, at: now)
            }
        }
    }

    func use(of key: String, in name: String, else now: Timestamp) -> FlagUse {
        state.withLock { state in
            let record = state.environments[name]?.record
            return FlagUse(
                since: record?.since ?? now, lastGiven: (record?.flags[key] ?? [:]).mapValues(\.lastAt),
                takenWholeAt: record?.takenWholeAt)
        }
    }

    func views(in name: String, flag key: String?) -> [FlagUsageView] {
        state.withLock { state in
            guard let environment = state.environments[name] else { return [] }
            let keys = key.map { [$0] } ?? environment.record.flags.keys.sorted()
            return keys.map { key in
                let counted = environment.record.flags[key] ?? [:]
                let variants = counted.sorted { $0.key < $1.key }.map { variant, figures in
                    FlagUsageView.Variant(
                        variant: variant, count: figures.count,
                        perMinute: environment.recent[key]?[variant]?.reduce(0, saturated) ?? 0)
                }
                return FlagUsageView(
                    key: key, total: variants.map(\.count).reduce(0, saturated), variants: variants,
                    since: environment.record.since, lastEvaluatedAt: counted.values.map(\.lastAt).max())
            }
        }
    }

    /// The environment is gone.
    func forget(_ name: String) {
        state.withLock { _ = $0.environments.removeValue(forKey: name) }
    }

    /// Stores the totals every few minutes. A crash loses a few minutes' counts, which only delays the list of stale flags.
    func keep(at now: Timestamp, evenIfRecent: Bool = false, logger: Logger) async {
        let records = state.withLock { state -> [(String, UsageRecord)] in
            guard evenIfRecent || now - state.keptAt >= UsageBook.keepEvery || now < state.keptAt else { return [] }
            state.keptAt = now
            var records: [(String, UsageRecord)] = []
            for name in state.environments.keys {
                state.environments[name]?.forgetUnknownFlags()
                guard let environment = state.environments[name], environment.isChanged else { continue }
                records.append((name, environment.record))
                state.environments[name]?.isChanged = false
            }
            return records
        }
        for (name, record) in records {
            let write = Write.put(DocumentKey(FlagCollection.usage, name), Codec.encode(record))
            do throws(StoreError) {
                _ = try await store.commit(Transaction(writes: [write]))
            } catch {
                logger.warning("the counts of evaluations could not be stored: \(error)")
            }
        }
    }
}

extension UsageBook.Environment {
    /// What was counted more than a minute ago is no longer recent.
    private mutating func age(to now: Timestamp) {
        let period = now.milliseconds / 10_000
        guard period != tenSeconds else { return }
        let steps = Int(min(max(period - tenSeconds, 0), 6))
        tenSeconds = period
        for (key, variants) in recent {
            let moved = variants.mapValues { Array(repeating: 0, count: steps) + $0.dropLast(steps) }
            recent[key] = moved.values.allSatisfy { $0.allSatisfy { $0 == 0 } } ? nil : moved
        }
    }

    fileprivate mutating func gather(at now: Timestamp, patience: Period) {
        age(to: now)
        for index in snapshots.indices.dropLast() where snapshots[index].replacedAt == nil {
            snapshots[index].replacedAt = now
        }
        for (snapshot, _) in snapshots {
            snapshot.counters.drain { flag, variant, count in
                let name = variant < 0 ? "" : snapshot.variantName(flag, variant)
                add(Int64(clamping: count), snapshot.key(flag), name, at: now)
            }
        }
        snapshots.removeAll { entry in entry.replacedAt.map { now - $0 > patience } ?? false }
        // A storm of changes must not keep a hundred sets in memory.
        if snapshots.count > UsageBook.mostSnapshots {
            snapshots.removeFirst(snapshots.count - UsageBook.mostSnapshots)
        }
    }

    /// What was counted of flags that are gone is of no use.
    fileprivate mutating func forgetUnknownFlags() {
        guard !snapshots.isEmpty else { return }
        let gone = record.flags.keys.filter { key in snapshots.allSatisfy { $0.snapshot.index(of: key) == nil } }
        guard !gone.isEmpty else { return }
        for key in gone { record.flags[key] = nil }
        isChanged = true
    }

    fileprivate mutating func add(_ count: Int64, _ key: String, _ variant: String, at now: Timestamp) {
        age(to: now)
        var figures = record.flags[key]?[variant] ?? UsageRecord.Variant(count: 0, lastAt: now)
        figures.count = saturated(figures.count, count)
        figures.lastAt = now
        record.flags[key, default: [:]][variant] = figures
        var parts = recent[key]?[variant] ?? Array(repeating: 0, count: 6)
        parts[0] = saturated(parts[0], count)
        recent[key, default: [:]][variant] = parts
        isChanged = true
    }
}

/// The sum, or the largest number when it is beyond that.
private func saturated(_ one: Int64, _ other: Int64) -> Int64 {
    let (sum, isOverflow) = one.addingReportingOverflow(other)
    return isOverflow ? Int64.max : sum
}
