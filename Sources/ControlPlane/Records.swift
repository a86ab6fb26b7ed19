import FoundationEssentials
import Ports
import Rollouts
import Specs
import Values
import Verdicts
import Wire

/// The names of the collections in the store. Renaming one is a migration.
enum Collection {
    static let services = "services"
    static let namedPlans = "named-plans"
    static let freezes = "freezes"
    static let receivers = "receivers"
    static let versions = "versions"
    static let lines = "lines"
    static let plans = "plans"
    static let rollouts = "rollouts"
    static let rolloutIndex = "rollout-index"
    static let events = "events"
    static let evidence = "evidence"
    static let hosts = "hosts"
    static let tokens = "tokens"
    static let audit = "audit"
    static let deliveries = "deliveries"
    static let meta = "meta"
}

/// A document as it was applied.
struct Applied<Spec: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    var spec: Spec
    var updatedAt: Timestamp
    var updatedBy: String
    /// Rises with each change of the document.
    var generation: Int64
}

/// A service's version: what never changes once it is there.
struct VersionRecord: Codable, Hashable, Sendable {
    var service: String
    var version: String
    var artefact: ArtefactReference
    var run: RunSpec
    var forwardOnly: Bool
    var createdAt: Timestamp
    var createdBy: String

    static func name(service: String, version: String) -> String { "\(service)/\(version)" }

    var view: VersionView {
        VersionView(
            service: service, version: version, artefact: artefact, run: run, forwardOnly: forwardOnly,
            createdAt: createdAt, createdBy: createdBy)
    }
}

/// A rollout: its state, and what a queued one needs to begin.
struct RolloutRecord: Codable, Hashable, Sendable {
    var id: String
    var service: String
    var version: String
    /// Which deployment of the version this is; agents try a failed version again when it rises.
    var attempt: Int
    var createdAt: Timestamp
    var createdBy: String
    var reason: String
    var forced: Bool
    /// The plan by whose name it was deployed; `nil` for the service's own.
    var plan: String? = nil
    var state: RolloutState
    /// What is rolled out when it is no service.
    var flag: FlagIdentity? = nil
    /// Whether a flag says by itself what its rollout has ended with.
    var settled: Bool? = nil
    /// Once it has ended: how much of the chance of a false rollback was spent at last.
    var budget: BudgetView? = nil

    var number: Int32 { RolloutIndex.parts(of: id)?.number ?? 0 }
}

struct HostRecord: Codable, Hashable, Sendable {
    var name: String
    var address: String
    var labels: [String: String]
    /// The identity in the agent's data folder.
    var agent: String
    /// SHA-256 of the agent's token, in hexadecimal; `nil` when revoked.
    var tokenHash: String?
    var joinedAt: Timestamp
    var release: String
    /// Since when nobody may join by this name; `nil` unless an admin has shut it out.
    var revokedAt: Timestamp?
}

extension HostRecord {
    /// What it has in common with hosts that it may be compared with; empty when nothing is known.
    var stratum: String {
        [labels["zone"], labels["instance_type"]].compactMap(\.self).joined(separator: "/")
    }
}

/// The evidence of a rollout in flight, written with the decision that it led to: a restart goes on with the very same.
struct EvidenceRecord: Codable, Hashable, Sendable {
    var progress: RolloutJudge.Progress
    /// The engine's own form.
    var state: Data
    /// The share of the chance of a false rollback that the checks of dependants have.
    var reserve: Double
    /// What people are shown when nobody judges any more; not there in what earlier releases have stored.
    var budget: BudgetView?
    /// By service: what the checks of those that depend on the one that changes rest on.
    var dependants: [String: Dependant]?

    struct Dependant: Codable, Hashable, Sendable {
        var progress: RolloutJudge.Progress
        var state: Data
        /// What its checks have of the chance of a false rollback.
        var chance: Percentage
        /// Since when checks fail.
        var failing: [String: Timestamp]
    }

    /// Of a rollout that no check of its own judges yet.
    init(reserve: Double) {
        (progress, state) = (RolloutJudge.Progress(), Data())
        self.reserve = reserve
    }

    mutating func take(_ judge: RolloutJudge) {
        (progress, state) = (judge.progress, Data(judge.engine.state))
        reserve = judge.configuration.reserve
        budget = judge.engine.at == nil ? nil : judge.engine.budget
    }
}

struct TokenRecord: Codable, Hashable, Sendable {
    var view: TokenView
    /// SHA-256 of the secret, in hexadecimal.
    var hash: String
}

/// A notification on its way to one receiver.
struct DeliveryRecord: Codable, Hashable, Sendable {
    var notification: Ports.Notification
    var receiver: String
    var state: DeliveryView.State
    var attempts: Int
    var answer: String?
    var createdAt: Timestamp
    var nextAttemptAt: Timestamp?
    /// A test asked for by a person is tried once.
    var isTest: Bool

    /// Sorts by time, so that the newest are listed first.
    var name: String { notification.id + "-" + receiver }

    var view: DeliveryView {
        DeliveryView(
            id: name, receiver: receiver, event: notification.event, rollout: notification.rollout,
            text: notification.text, state: state, attempts: attempts, answer: answer, createdAt: createdAt,
            nextAttemptAt: nextAttemptAt)
    }
}

/// What the control plane knows of itself across restarts.
struct AliveRecord: Codable, Hashable, Sendable {
    var at: Timestamp
}

/// Which life of the store this is. Backups are made without it, so that a restored one is never taken for its original.
struct GenerationRecord: Codable, Hashable, Sendable {
    var identifier: String
    /// A person said that this store counts, whatever agents have seen.
    var isAccepted: Bool

    /// A new one: 128 random bits.
    static func make(isAccepted: Bool) -> GenerationRecord {
        var generator = SystemRandomNumberGenerator()
        let parts = (0..<2).map { _ in String(generator.next() as UInt64, radix: 16) }
        return GenerationRecord(identifier: parts.joined(separator: "-"), isAccepted: isAccepted)
    }
}

/// The agents' epoch is the store's revision plus this; it is raised after a store was restored from a backup.
struct EpochRecord: Codable, Hashable, Sendable {
    var base: Int64
}

extension DocumentKey {
    static let generation = DocumentKey(Collection.meta, "generation")

    static func event(rollout: String, sequence: Int) -> DocumentKey {
        DocumentKey(Collection.events, "\(rollout)/\(sortable(Int64(sequence), width: 8))")
    }

    static func audit(_ sequence: Int64) -> DocumentKey {
        DocumentKey(Collection.audit, sortable(sequence, width: 16))
    }
}
