import FlagSpecs
import Flags
import HalcyonTesting
import Logging
import Ports
import Synchronization
import Testing
import Values
import Wire

@testable import FlagRegistry

/// Flags on a store in memory, with a clock that stands still until it is told.
final class World: Sendable {
    let store = MemoryStore()
    let trail = Trail()
    let time = Mutex(Timestamp(milliseconds: 1_800_000_000_000))
    let gateway = Tokens()
    private let current = Mutex<FlagRegistry?>(nil)

    static let ann = Principal(name: "ann", role: .operator)
    static let ben = Principal(name: "ben", role: .operator)

    private let rollouts: (any FlagRollouts)?

    init(rollouts: (any FlagRollouts)? = nil) async throws {
        self.rollouts = rollouts
        try await restart()
    }

    var flags: FlagRegistry {
        get throws { try #require(current.withLock { $0 }) }
    }

    var now: Timestamp { time.withLock { $0 } }

    func pass(_ period: Period) { time.withLock { $0 = $0 + period } }

    /// Another process takes over the store: nothing but what is stored is known.
    func restart() async throws {
        let journal = StoreJournal(store: store, trail: trail)
        let registry = try await FlagRegistry(
            store: store, journal: journal, access: gateway, rollouts: rollouts, dev: false,
            logger: Logger(label: "test"),
            clock: { self.now })
        current.withLock { $0 = registry }
    }

    /// What a server does every second.
    func tick() async throws { await (try flags).tick() }

    @discardableResult
    func change(
        _ key: String, _ edits: FlagEdit..., in environment: String = "production", revision: Int64? = nil,
        reason: String = "", dryRun: Bool = false, by: Principal = ann
    ) async throws -> FlagChangeAnswer {
        try await flags.change(
            flag: key, environment: environment,
            FlagChangeRequest(edits: edits, revision: revision, reason: reason, dryRun: dryRun), by: by)
    }

    /// A boolean flag that is on, and gives `off`.
    @discardableResult
    func make(_ key: String, _ members: String = "", in environment: String = "production") async throws -> FlagView {
        let more = members.isEmpty ? "" : ", \(members)"
        let text = #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"\#(more)}"#
        return try #require(try await change(key, FlagEdit(.put, document: text), in: environment).flag)
    }

    @discardableResult
    func apply(
        _ text: String, file: String = "flags.yaml", environment: String = "production", dryRun: Bool = false,
        prune: Bool = false, strict: Bool = false, by principal: Principal = ann
    ) async throws -> [ApplyAnswer.Item] {
        let journal = StoreJournal(store: store, trail: trail)
        return try await (try flags).apply(
            try Sources.read(text, file: file), environment: environment, dryRun: dryRun, prune: prune,
            strict: strict, by: principal
        ) { (entry) throws(Problem) in try await journal.commit(entry, by: principal) }
    }

    func feed(_ name: String = "production") throws -> any FlagFeed {
        guard case .environment(let feed) = try flags.admit(principal: World.ann, selector: name) else {
            throw TestFailure("no environment \(name)")
        }
        return feed
    }

    /// What is served to somebody.
    func answer(_ key: String, _ targetingKey: String = "u", in environment: String = "production") throws -> String {
        let snapshot = try feed(environment).cell.snapshot
        guard let flag = snapshot.index(of: key) else { return "(not found)" }
        var bound = BoundContext()
        snapshot.bind(EvaluationContext(targetingKey: targetingKey), into: &bound)
        let resolution = snapshot.evaluate(flag, in: &bound, at: now)
        return resolution.variant < 0 ? "(none)" : snapshot.variantName(flag, resolution.variant)
    }
}

struct TestFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// The lines of the audit trail.
final class Trail: Sendable {
    private let kept = Mutex<[JournalEntry.Line]>([])
    /// The next commits fail.
    private let failing = Mutex(false)

    var lines: [JournalEntry.Line] { kept.withLock { $0 } }
    var isFailing: Bool { failing.withLock { $0 } }
    func fail(_ flag: Bool) { failing.withLock { $0 = flag } }
    func add(_ lines: [JournalEntry.Line]) { kept.withLock { $0 += lines } }
}

struct StoreJournal: Journal {
    let store: MemoryStore
    let trail: Trail

    func commit(_ entry: JournalEntry, by: Principal) async throws(Problem) -> Revision {
        if trail.isFailing { throw Problem(storeError: .cannotWrite("the disk is full")) }
        do throws(StoreError) {
            let revision = try await store.commit(entry.transaction)
            trail.add(entry.lines)
            return revision
        } catch {
            throw Problem(storeError: error)
        }
    }
}

/// Knows a few tokens, and no agents.
struct Tokens: AgentGateway {
    func authenticate(token: String) -> Principal? {
        switch token {
        case "viewer": return Principal(name: "viewer", role: .viewer)
        case "staging-sdk": return Principal(name: "shop", role: .sdk, environment: "staging")
        case "agent": return Principal(name: "agent/a", role: .agent, host: "a")
        default: return nil
        }
    }

    func attach(host: String, agent: String, sink: any AgentSink) throws(Problem) {}
    func detach(host: String, sink: any AgentSink) {}
    func report(host: String, agent: String, body: [UInt8]) throws(Problem) {}
    func samples(
        host: String, agent: String, body: [UInt8], whenKept: @escaping @Sendable (Problem?) -> Void
    ) throws(Problem) {}
}

/// Hears of every published set.
final class Listener: FlagSink {
    private let heard = Mutex<[FlagChange]>([])
    var changes: [FlagChange] { heard.withLock { $0 } }
    func published(_ change: FlagChange) { heard.withLock { $0.append(change) } }

    private let end = Mutex(0)
    /// How often it was told that the environment is gone.
    var ends: Int { end.withLock { $0 } }
    func ended() { end.withLock { $0 += 1 } }
}
