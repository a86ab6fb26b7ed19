import Flags
import Ports
import Synchronization

/// One environment's flags as they are served: the newest snapshot, and those who hear of each.
final class EnvironmentFeed: FlagFeed {
    let name: String
    let cell: SnapshotCell
    /// `nil` once the environment is deleted.
    private let sinks = Mutex<[ObjectIdentifier: any FlagSink]?>([:])

    init(name: String, snapshot: FlagSnapshot) {
        self.name = name
        cell = SnapshotCell(snapshot)
    }

    /// How often somebody took the whole set, or held it open.
    let wholes = Atomic<Int>(0)

    func tookAll() { wholes.wrappingAdd(1, ordering: .relaxed) }

    func subscribe(_ sink: any FlagSink) {
        let isEnded = sinks.withLock { sinks in
            sinks?[ObjectIdentifier(sink)] = sink
            return sinks == nil
        }
        if isEnded { sink.ended() }
    }

    func unsubscribe(_ sink: any FlagSink) {
        _ = sinks.withLock { $0?.removeValue(forKey: ObjectIdentifier(sink)) }
    }

    /// Replaces the snapshot for all readers at once, and then tells everybody. Called by one task at a time.
    func publish(_ snapshot: FlagSnapshot) {
        let old = cell.snapshot
        guard old.etag != snapshot.etag else { return }
        cell.publish(snapshot)
        let changed = snapshot.changedKeys(since: old).map { FlagChange.Key(key: $0.key, kind: $0.kind) }
        let change = FlagChange(environment: name, snapshot: snapshot, changed: changed)
        for sink in sinks.withLock({ Array($0?.values ?? [:].values) }) { sink.published(change) }
    }

    /// The environment is deleted: everybody hears of it, and is let go.
    func end() {
        let last = sinks.withLock { sinks in
            defer { sinks = nil }
            return Array(sinks?.values ?? [:].values)
        }
        for sink in last { sink.ended() }
    }
}
