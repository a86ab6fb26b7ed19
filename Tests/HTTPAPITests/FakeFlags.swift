import Documents
import Flags
import Ports
import Synchronization
import Wire

/// One environment, with tokens as `FakeGateway` knows them, and a token `sdk`.
final class FakeFlags: FlagGateway, FlagFeed {
    let name = "production"
    let cell = SnapshotCell()
    private let sinks = Mutex<[ObjectIdentifier: any FlagSink]>([:])

    private let revoked = Mutex<Set<String>>([])

    func revoke(_ token: String) { revoked.withLock { _ = $0.insert(token) } }

    /// `nil` as a token is right with --dev only.
    private let dev: Bool

    init(dev: Bool) {
        self.dev = dev
        publish(FakeFlags.flags)
    }

    func admit(token: String?, selector: String?) -> FlagAdmission {
        if let token, revoked.withLock({ $0.contains(token) }) { return .unauthenticated }
        switch token {
        case nil where dev, "sdk", "viewer", "admin": break
        case "agent": return .forbidden
        default: return .unauthenticated
        }
        switch selector {
        case nil, "production", "flagSetId=production": return .environment(self)
        case let name?: return .unknownEnvironment(name: name, nearest: "production")
        }
    }

    func admit(principal: Principal?, selector: String?) -> FlagAdmission {
        admit(token: principal?.name, selector: selector.flatMap { $0.isEmpty ? nil : $0 })
    }

    func subscribe(_ sink: any FlagSink) { sinks.withLock { $0[ObjectIdentifier(sink)] = sink } }
    func unsubscribe(_ sink: any FlagSink) { sinks.withLock { $0[ObjectIdentifier(sink)] = nil } }
    func tookAll() {}
    var subscribers: Int { sinks.withLock { $0.count } }

    func publish(_ text: String) {
        guard let node = JSONParser.parse(Array(text.utf8), file: "flags.json").node,
            let snapshot = FlagSnapshot.compile(node, file: "flags.json", bucketing: .v3).snapshot
        else { return }
        publish(snapshot)
    }

    func publish(_ snapshot: FlagSnapshot) {
        let changed = snapshot.changedKeys(since: cell.snapshot).map { FlagChange.Key(key: $0.key, kind: $0.kind) }
        cell.publish(snapshot)
        let change = FlagChange(environment: name, snapshot: snapshot, changed: changed)
        for sink in sinks.withLock({ Array($0.values) }) { sink.published(change) }
    }

    /// How often each flag has given each variant since the last time that it was asked here, as `KEY/INDEX`.
    func counts() -> [String: UInt64] {
        let snapshot = cell.snapshot
        var counts: [String: UInt64] = [:]
        snapshot.counters.drain { counts["\(snapshot.key($0))/\($1)"] = $2 }
        return counts
    }

    static let flags = #"""
        {"metadata": {"team": "shop"}, "flags": {
            "new-checkout": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
                "targeting": {"if": [{"==": [{"var": "country"}, "DE"]}, "on", null]}},
            "rate": {"state": "ENABLED", "variants": {"one": 1.0, "half": 0.5}, "defaultVariant": "one"},
            "gone": {"state": "DISABLED", "variants": {"a": "x"}, "defaultVariant": "a"},
            "open": {"state": "ENABLED", "variants": {"a": "x"}},
            "a/b%\"": {"state": "ENABLED", "variants": {"v\"": "slash"}, "defaultVariant": "v\"",
                "metadata": {"owner": "me"}},
            "unknown-operator": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a",
                "targeting": {"nope": [1]}},
            "wrong-variant": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a",
                "targeting": {"if": [true, "zzz"]}}
        }}
        """#
}
