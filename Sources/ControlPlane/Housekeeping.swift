import Logging
import Ports
import Rollouts
import Specs
import Values
import Wire

/// How much is kept of what only grows.
enum Retention {
    static let age = Period.hours(90 * 24)
    static let auditEntries: Int64 = 100_000
    static let deliveries = 20_000
    /// How many documents one commit deletes, so that rollouts never wait long for their turn.
    static let batch = 200
    static let every = Period.hours(1)
    /// An artefact without a version may be one that is being deployed now.
    static let unusedArtefacts = Period.hours(1)
}

extension ControlPlane {
    /// Clears away what nobody needs any more, now and then, until the task is cancelled. The history of rollouts stays.
    func keepHouse() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(Retention.every.milliseconds))
            guard !Task.isCancelled else { return }
            do throws(Problem) {
                try await clearAway()
            } catch {
                // A store that cannot be written is said elsewhere; the next round tries again.
                logger.warning("old entries cannot be cleared away: \(error.message)")
            }
        }
    }

    func clearAway() async throws(Problem) {
        while try await clearAudit() == Retention.batch {}
        var last: String?
        repeat { last = try await clearDeliveries(after: last) } while last != nil
        try await change { (draft) throws(Problem) in draft.forgetVersions() }
        await collectArtefacts()
        intakes.tidy(clock())
    }

    /// Removes the artefacts that no version needs. In the lane, so that no deployment comes in between.
    func collectArtefacts() async {
        await lane.run {
            let needed = Set(ledger.versions.values.map(\.artefact.digest))
            let removed = await artefacts.collect(keeping: needed, unusedFor: Retention.unusedArtefacts)
            if !removed.isEmpty { logger.info("\(removed.count) artefacts that no version needs were removed") }
        }
    }

    /// Deletes a batch of the oldest audit entries, if they are too old or too many, and says how many.
    private func clearAudit() async throws(Problem) -> Int {
        let documents = try await oldest(Collection.audit, after: nil)
        let (oldest, newest) = (clock() - Retention.age, ledger.lastAudit)
        var keys: [DocumentKey] = []
        for document in documents {
            let entry = try Codec.decode(AuditEntry.self, document)
            guard entry.at < oldest || entry.sequence <= newest - Retention.auditEntries else { break }
            keys.append(document.key)
        }
        let doomed = keys
        try await change { (draft) throws(Problem) in
            for key in doomed { draft.discard(key) }
        }
        return doomed.count
    }

    /// Deletes what is too old or too much in the next batch of deliveries; those that still have to be sent stay.
    ///
    /// - Returns: Where to go on, or `nil` when the rest is young enough.
    private func clearDeliveries(after: String?) async throws(Problem) -> String? {
        let documents = try await oldest(Collection.deliveries, after: after)
        let oldest = clock() - Retention.age
        var surplus = ledger.deliveries - Retention.deliveries
        var keys: [DocumentKey] = []
        var isYoung = false
        for document in documents {
            let record = try Codec.decode(DeliveryRecord.self, document)
            isYoung = record.createdAt >= oldest && surplus <= 0
            if isYoung { break }
            guard record.state != .pending else { continue }
            surplus -= 1
            keys.append(document.key)
        }
        let doomed = keys
        try await change { (draft) throws(Problem) in
            for key in doomed { draft.discard(key) }
            draft.ledger.deliveries -= doomed.count
        }
        return isYoung || documents.count < Retention.batch ? nil : documents.last?.key.name
    }

    private func oldest(_ collection: String, after: String?) async throws(Problem) -> [StoredDocument] {
        do throws(StoreError) {
            return try await store.list(collection, prefix: "", after: after, limit: Retention.batch)
        } catch {
            throw Problem(storeError: error)
        }
    }
}

extension Ledger {
    /// What runs, what waits, and what a rollback would return to.
    func referencedVersions(_ line: ServiceLine) -> Set<String> {
        let plans = line.living.compactMap { plan(of: $0) }
        return Set((plans.flatMap { [$0.version, $0.previous] } + [line.stable]).compactMap(\.self))
    }
}

extension Draft {
    /// That a version was refused, or tried, says nothing of another one that gets its name later.
    private mutating func forget(version: String, of service: String) {
        var line = ledger.line(service)
        let (wasRefused, wasTried) = (
            line.refused.removeValue(forKey: version), line.attempts.removeValue(forKey: version)
        )
        if wasRefused != nil || wasTried != nil { setLine(service, line) }
    }

    /// Forgets versions that nothing refers to, beyond the newest of each service.
    mutating func forgetVersions() {
        for (service, records) in Dictionary(grouping: ledger.versions.values, by: \.service) {
            let referenced = ledger.referencedVersions(ledger.line(service))
            let names = VersionRetention().forgettable(
                records.map { ($0.version, $0.createdAt) }, referenced: referenced)
            for name in names.prefix(Retention.batch) {
                let key = VersionRecord.name(service: service, version: name)
                ledger.versions[key] = nil
                forget(version: name, of: service)
                delete(Collection.versions, key)
                audit(
                    "forget", "version/\(key)", by: RolloutMachine.automatic, "no longer among the newest, and unused")
            }
        }
    }
}
