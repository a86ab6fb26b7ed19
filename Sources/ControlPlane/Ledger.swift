import Ports
import Rollouts
import Specs
import Values
import Wire

/// Everything in the store, as values. A change is made on a copy, committed, and only then becomes the ledger.
struct Ledger: Sendable {
    var services: [String: Applied<ServiceSpec>] = [:]
    /// The plans that have a document of their own.
    var namedPlans: [String: Applied<NamedPlanSpec>] = [:]
    var freezes: [String: Applied<FreezeSpec>] = [:]
    var receivers: [String: Applied<ReceiverSpec>] = [:]
    /// By `SERVICE/VERSION`.
    var versions: [String: VersionRecord] = [:]
    var lines: [String: ServiceLine] = [:]
    /// Every rollout that there ever was, with little more than when it was.
    var index = RolloutIndex()
    /// The rollouts that move, wait, or may still go back; older ones are read from the store.
    var rollouts: [String: RolloutRecord] = [:]
    /// The evidence of those in flight.
    var evidence: [String: EvidenceRecord] = [:]
    /// The plans of these rollouts.
    private(set) var plans: [String: RolloutPlan] = [:]
    /// Each host's place in the plan of a rollout, by rollout.
    private(set) var places: [String: [String: Int]] = [:]
    var hosts: ShardedDictionary<String, HostRecord> = [:]
    var tokens: [String: TokenRecord] = [:]
    var pendingDeliveries: [String: DeliveryRecord] = [:]
    /// How many deliveries the store keeps.
    var deliveries = 0
    var lastAudit: Int64 = 0
    var epochBase: Int64 = 0
    var generation: GenerationRecord?
    var lastAlive: Timestamp?
    /// Each document's revision, for compare-and-set.
    var revisions: ShardedDictionary<DocumentKey, Revision> = [:]
    /// The store's revision that this ledger shows.
    var revision = Revision(0)

    func line(_ service: String) -> ServiceLine { lines[service] ?? ServiceLine() }

    func version(_ service: String, _ version: String?) -> VersionRecord? {
        version.flatMap { versions[VersionRecord.name(service: service, version: $0)] }
    }

    func plan(of id: String) -> RolloutPlan? { plans[id] }

    mutating func setPlan(_ plan: RolloutPlan) {
        plans[plan.id] = plan
        places[plan.id] = Dictionary(zip(plan.hosts, plan.hosts.indices), uniquingKeysWith: { first, _ in first })
    }

    /// Forgets the rollouts that do not matter any more: none of them is ever written again.
    mutating func trim() {
        let living = Set(lines.values.flatMap(\.living))
        let ended = Set(plans.keys).union(rollouts.keys).subtracting(living)
        for id in ended {
            rollouts[id] = nil
            plans[id] = nil
            places[id] = nil
            evidence[id] = nil
            for collection in [
                Collection.rollouts, Collection.rolloutIndex, Collection.plans, Collection.evidence,
            ] {
                revisions[DocumentKey(collection, id)] = nil
            }
        }
    }

    /// Hosts that should run the service and are not in the plan.
    func newcomers(_ plan: RolloutPlan) -> [String] {
        guard let select = services[plan.service]?.spec.select else { return [] }
        let known = places[plan.id] ?? [:]
        return hosts.values.filter { known[$0.name] == nil && select.matches($0.labels) }.map(\.name)
    }

    /// A rollout that is in memory.
    func whole(_ id: String) -> WholeRollout? {
        guard let plan = plans[id], let record = rollouts[id] else { return nil }
        return WholeRollout(record: record, plan: plan)
    }

    func machine(_ id: String) -> RolloutMachine? { whole(id)?.machine }
}

/// A ledger being changed: collects the writes that the change needs.
struct Draft: Sendable {
    var ledger: Ledger
    private(set) var writes: [DocumentKey: Write] = [:]
    private(set) var preconditions: [DocumentKey: Precondition] = [:]
    private var attached: [Transaction] = []
    /// By service: what it is judged by when it has written no checks.
    var usualChecks: [String: [CheckSpec]] = [:]
    /// What becomes known once it is committed.
    var history: [HistoryEntry] = []
    let now: Timestamp
    /// The driver of the flags, to ask how they are.
    let flags: (any FlagApplication)?

    init(_ ledger: Ledger, now: Timestamp, flags: (any FlagApplication)? = nil) {
        self.flags = flags
        self.ledger = ledger
        self.now = now
    }

    var isEmpty: Bool { writes.isEmpty && attached.isEmpty }

    var changedKeys: Dictionary<DocumentKey, Write>.Keys { writes.keys }

    enum Audience {
        case nobody
        case hosts([String])
        case everybody
    }

    /// Whose targets may change.
    var audience: Audience {
        let passive = [
            Collection.audit, Collection.deliveries, Collection.events, Collection.evidence, Collection.meta,
            Collection.tokens,
        ]
        let keys = writes.keys.filter { !passive.contains($0.collection) }
        if keys.isEmpty { return .nobody }
        // What a host joins with, or whether it is there at all, matters to itself only.
        return keys.allSatisfy { $0.collection == Collection.hosts } ? .hosts(keys.map(\.name)) : .everybody
    }

    var transaction: Transaction {
        attached.reduce(
            into: Transaction(preconditions: Array(preconditions.values), writes: Array(writes.values))
        ) { transaction, other in
            transaction.preconditions += other.preconditions
            transaction.writes += other.writes
        }
    }

    /// Takes in what another driver writes: it is committed together, and is nothing to this ledger.
    mutating func attach(_ entry: JournalEntry, by principal: String) {
        attached.append(entry.transaction)
        for line in entry.lines { audit(line.action, line.subject, by: principal, line.detail) }
    }

    mutating func put(_ collection: String, _ name: String, _ value: some Encodable) {
        write(.put(DocumentKey(collection, name), Codec.encode(value)))
    }

    mutating func delete(_ collection: String, _ name: String) {
        write(.delete(DocumentKey(collection, name)))
    }

    /// Deletes a document that nobody changes, whatever its revision.
    mutating func discard(_ key: DocumentKey) {
        writes[key] = .delete(key)
    }

    /// Writes a document that nobody else may have changed since the ledger was read.
    private mutating func write(_ write: Write) {
        let key = write.key
        writes[key] = write
        if preconditions[key] == nil {
            preconditions[key] = ledger.revisions[key].map { .unchanged(key, $0) } ?? .absent(key)
        }
    }

    mutating func audit(_ action: String, _ subject: String, by principal: String, _ detail: String = "") {
        ledger.lastAudit += 1
        let entry = AuditEntry(
            sequence: ledger.lastAudit, at: now, by: principal, action: action, subject: subject, detail: detail)
        write(.put(.audit(entry.sequence), Codec.encode(entry)))
    }

    mutating func setLine(_ service: String, _ line: ServiceLine) {
        guard ledger.lines[service] != line else { return }
        ledger.lines[service] = line
        put(Collection.lines, service, line)
    }

    mutating func setRollout(_ record: RolloutRecord) {
        ledger.rollouts[record.id] = record
        put(Collection.rollouts, record.id, record)
        let entry = IndexRecord(record)
        if ledger.index.note(entry.entry(number: record.number), service: record.service) {
            put(Collection.rolloutIndex, record.id, entry)
        }
    }

    mutating func setEvidence(_ record: EvidenceRecord?, of rollout: String) {
        guard ledger.evidence[rollout] != record else { return }
        ledger.evidence[rollout] = record
        if let record {
            put(Collection.evidence, rollout, record)
        } else {
            delete(Collection.evidence, rollout)
        }
    }

    mutating func setPlan(_ plan: RolloutPlan) {
        ledger.setPlan(plan)
        put(Collection.plans, plan.id, plan)
    }

    mutating func append(_ events: [RolloutEvent], rollout: String, plan: RolloutPlan) {
        for event in events {
            write(.put(.event(rollout: rollout, sequence: event.sequence), Codec.encode(event)))
            history.append(HistoryEntry(rollout: rollout, event: event, sentence: event.sentence(plan: plan)))
        }
    }

    /// The ledger once the transaction is committed as `revision`.
    func committed(as revision: Revision) -> Ledger {
        var result = ledger
        result.revision = revision
        for (key, write) in writes {
            switch write {
            // Events, audit lines and the like are written once and never compared again.
            case .put where key.collection == Collection.events || key.collection == Collection.audit: break
            case .put where key.collection == Collection.deliveries && ledger.pendingDeliveries[key.name] == nil:
                result.revisions[key] = nil
            case .put: result.revisions[key] = revision
            case .delete: result.revisions[key] = nil
            }
        }
        result.trim()
        return result
    }
}
