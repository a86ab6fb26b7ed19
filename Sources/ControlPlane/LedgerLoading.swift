import Ports
import Rollouts
import Specs
import Values
import Wire

extension Ledger {
    /// Reads the store, except for what matters to nobody until it is asked for: ended rollouts and every history.
    ///
    /// - Throws: `Problem` when the store cannot be read or holds a document that this release does not understand.
    static func load(from store: any DocumentStore) async throws(Problem) -> Ledger {
        var ledger = Ledger()
        do {
            try await completeIndex(in: store)
            ledger.revision = try await store.revision()
            let services = try await store.listAll(Collection.services)
            ledger.services = try ledger.read(services, as: Applied<ServiceSpec>.self)
            let plans = try await store.listAll(Collection.namedPlans)
            ledger.namedPlans = try ledger.read(plans, as: Applied<NamedPlanSpec>.self)
            ledger.freezes = try ledger.read(try await store.listAll(Collection.freezes), as: Applied<FreezeSpec>.self)
            let receivers = try await store.listAll(Collection.receivers)
            ledger.receivers = try ledger.read(receivers, as: Applied<ReceiverSpec>.self)
            ledger.versions = try ledger.read(try await store.listAll(Collection.versions), as: VersionRecord.self)
            ledger.lines = try ledger.read(try await store.listAll(Collection.lines), as: ServiceLine.self)
            try await ledger.loadIndex(from: store)
            try await ledger.loadRollouts(from: store)
            for (name, host) in try ledger.read(try await store.listAll(Collection.hosts), as: HostRecord.self) {
                ledger.hosts[name] = host
            }
            ledger.tokens = try ledger.read(try await store.listAll(Collection.tokens), as: TokenRecord.self)
            try await ledger.loadDeliveries(from: store)
            try await ledger.loadMeta(from: store)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.unavailable, "the store cannot be read: \(error)")
        }
        return ledger
    }

    private mutating func read<Value: Decodable>(
        _ documents: [StoredDocument], as type: Value.Type
    ) throws(Problem) -> [String: Value] {
        var result: [String: Value] = [:]
        for document in documents {
            result[document.key.name] = try Codec.decode(type, document)
            revisions[document.key] = document.revision
        }
        return result
    }

    private mutating func loadIndex(from store: any DocumentStore) async throws {
        let living = Set(lines.values.flatMap(\.living))
        var page: [StoredDocument] = []
        repeat {
            page = try await store.list(Collection.rolloutIndex, prefix: "", after: page.last?.key.name, limit: 1000)
            for document in page {
                guard let (service, number) = RolloutIndex.parts(of: document.key.name) else { continue }
                _ = index.note(
                    try Codec.decode(IndexRecord.self, document).entry(number: number), service: service)
                if living.contains(document.key.name) { revisions[document.key] = document.revision }
            }
        } while page.count == 1000
    }

    /// Those that move, wait, or may still go back.
    private mutating func loadRollouts(from store: any DocumentStore) async throws {
        for id in lines.values.flatMap(\.living).sorted() {
            if let document = try await store.read(DocumentKey(Collection.rollouts, id)) {
                rollouts[id] = try Codec.decode(RolloutRecord.self, document)
                revisions[document.key] = document.revision
            }
            if let document = try await store.read(DocumentKey(Collection.plans, id)) {
                setPlan(try Codec.decode(RolloutPlan.self, document))
                revisions[document.key] = document.revision
            }
            if let document = try await store.read(DocumentKey(Collection.evidence, id)) {
                evidence[id] = try Codec.decode(EvidenceRecord.self, document)
                revisions[document.key] = document.revision
            }
        }
    }

    /// Writes the index of a store that was written before there was one. It goes by the names, a batch at a time, so
    /// that it is complete exactly when it ends with the same name.
    private static func completeIndex(in store: any DocumentStore) async throws {
        let newest = try await store.listBackwards(Collection.rollouts, prefix: "", before: nil, limit: 1).first
        let indexed = try await store.listBackwards(Collection.rolloutIndex, prefix: "", before: nil, limit: 1).first
        guard let newest, indexed?.key.name != newest.key.name else { return }
        var page: [StoredDocument] = []
        repeat {
            page = try await store.list(Collection.rollouts, prefix: "", after: page.last?.key.name, limit: 200)
            var writes: [Write] = []
            for document in page {
                let record = IndexRecord(try Codec.decode(RolloutRecord.self, document))
                writes.append(.put(DocumentKey(Collection.rolloutIndex, document.key.name), Codec.encode(record)))
            }
            if !writes.isEmpty { _ = try await store.commit(Transaction(writes: writes)) }
        } while page.count == 200
    }

    private mutating func loadDeliveries(from store: any DocumentStore) async throws {
        var page: [StoredDocument] = []
        repeat {
            page = try await store.list(
                Collection.deliveries, prefix: "", after: page.last?.key.name, limit: 1000)
            deliveries += page.count
            for document in page {
                let record = try Codec.decode(DeliveryRecord.self, document)
                guard record.state == .pending else { continue }
                pendingDeliveries[record.name] = record
                revisions[document.key] = document.revision
            }
        } while page.count == 1000
    }

    private mutating func loadMeta(from store: any DocumentStore) async throws {
        if let last = try await store.listBackwards(Collection.audit, prefix: "", before: nil, limit: 1).first {
            lastAudit = try Codec.decode(AuditEntry.self, last).sequence
        }
        if let document = try await store.read(DocumentKey(Collection.meta, "epoch")) {
            epochBase = try Codec.decode(EpochRecord.self, document).base
            revisions[document.key] = document.revision
        }
        if let document = try await store.read(.generation) {
            generation = try Codec.decode(GenerationRecord.self, document)
            revisions[document.key] = document.revision
        }
        if let document = try await store.read(DocumentKey(Collection.meta, "alive")) {
            lastAlive = try Codec.decode(AliveRecord.self, document).at
            revisions[document.key] = document.revision
        }
    }
}
