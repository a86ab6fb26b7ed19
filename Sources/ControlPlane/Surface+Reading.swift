import Foundation
public import Ports
import Rollouts
import Scraping
import Series
public import Specs
import Synchronization
import Values
import Verdicts
public import Wire

/// What can be looked at.
extension ControlPlane {
    public func services() async throws(Problem) -> [ServiceView] {
        let now = clock()
        return memory.withLock { memory in
            memory.ledger.services.keys.sorted().compactMap { memory.view(service: $0, at: now) }
        }
    }

    public func service(_ name: String) async throws(Problem) -> ServiceView {
        let now = clock()
        let (view, names) = memory.withLock { ($0.view(service: name, at: now), Array($0.ledger.services.keys)) }
        guard var view else { throw Problem.unknown("service", name, among: names) }
        if view.spec.checks.isEmpty, view.spec.run.metrics != nil {
            let seen = await metrics.reading { data in (try? data.seenMetrics(of: name, at: now)) ?? [] }
            view.defaultChecks = view.spec.judgedBy(metrics: seen)
        }
        return view
    }

    public func plans() async throws(Problem) -> [NamedPlanSpec] {
        ledger.namedPlans.values.map(\.spec).sorted { $0.name < $1.name }
    }

    public func freezes() async throws(Problem) -> [FreezeSpec] {
        ledger.freezes.values.map(\.spec).sorted { $0.name < $1.name }
    }

    public func receivers() async throws(Problem) -> [ReceiverSpec] {
        ledger.receivers.values.map(\.spec).sorted { $0.name < $1.name }
    }

    public func hosts() async throws(Problem) -> [HostView] {
        let now = clock()
        return memory.withLock { memory in
            memory.ledger.hosts.keys.sorted().compactMap { memory.view(host: $0, at: now) }
        }
    }

    public func host(_ name: String) async throws(Problem) -> HostView {
        let now = clock()
        let (view, names) = memory.withLock { ($0.view(host: name, at: now), Array($0.ledger.hosts.keys)) }
        guard let view else { throw Problem.unknown("host", name, among: names) }
        return view
    }

    public func versions(service: String) async throws(Problem) -> [VersionView] {
        let ledger = self.ledger
        guard ledger.services[service] != nil else {
            throw Problem.unknown("service", service, among: Array(ledger.services.keys))
        }
        return ledger.versions.values.filter { $0.service == service }
            .sorted { ($0.createdAt, $0.version) > ($1.createdAt, $1.version) }.map(\.view)
    }

    public func rollouts(service: String?, active: Bool?, limit: Int) async throws(Problem) -> [RolloutView] {
        var views: [RolloutView] = []
        for id in ledger.index.newest(service: service, active: active, limit: limit) {
            views.append(try await view(rollout: id))
        }
        return views
    }

    public func rollout(_ id: String) async throws(Problem) -> RolloutView {
        try await view(rollout: try resolve(rollout: id))
    }

    private func view(rollout id: String) async throws(Problem) -> RolloutView {
        let rollout = try await whole(rollout: id)
        let now = clock()
        return memory.withLock { $0.view(rollout, at: now) }
    }

    /// A rollout's identifier, from that or from the name of its service.
    func resolve(rollout text: String) throws(Problem) -> String {
        let ledger = self.ledger
        if ledger.index[text] != nil { return text }
        let line = ledger.line(text)
        if let active = line.active { return active }
        if let newest = ledger.index.newest(of: text) { return newest }
        // A flag of production by its key alone.
        let flag = FlagTarget.subject(key: text, environment: "production")
        if ledger.services[text] == nil, let newest = ledger.line(flag).active ?? ledger.index.newest(of: flag) {
            return newest
        }
        if ledger.services[text] != nil { throw Problem(.notFound, "service \(text) has had no rollout") }
        throw Problem.unknown("rollout", text, among: ledger.index.identifiers + Array(ledger.services.keys))
    }

    public func history(rollout id: String, after: Int, limit: Int) async throws(Problem) -> [HistoryEntry] {
        let id = try resolve(rollout: id)
        let plan = try await whole(rollout: id).plan
        do throws(StoreError) {
            let documents = try await store.list(
                Collection.events, prefix: "\(id)/", after: "\(id)/\(sortable(Int64(max(0, after)), width: 8))",
                limit: limit)
            return try decodeEvents(documents, id: id, plan: plan)
        } catch {
            throw Problem(storeError: error)
        }
    }

    private func decodeEvents(
        _ documents: [StoredDocument], id: String, plan: RolloutPlan
    ) throws(StoreError) -> [HistoryEntry] {
        do throws(Problem) {
            var entries: [HistoryEntry] = []
            for document in documents {
                let event = try Codec.decode(RolloutEvent.self, document)
                entries.append(HistoryEntry(rollout: id, event: event, sentence: event.sentence(plan: plan)))
            }
            return entries
        } catch {
            throw StoreError.unusable(error.message)
        }
    }

    public func explain(rollout id: String) async throws(Problem) -> Explanation {
        let view = try await rollout(id)
        // The newest decisions matter most; a rollout rarely has more events than this.
        let history = try await history(rollout: view.id, after: max(0, view.sequence - 20_000), limit: 20_000)
        let plan = try await whole(rollout: view.id).plan
        return Explanation(rollout: view, decisions: explainDecisions(history.map(\.event), plan: plan))
    }

    public func tokens() async throws(Problem) -> [TokenView] {
        ledger.tokens.values.map(\.view).sorted { $0.name < $1.name }
    }

    public func audit(before: Int64?, limit: Int) async throws(Problem) -> [AuditEntry] {
        do throws(StoreError) {
            let documents = try await store.listBackwards(
                Collection.audit, prefix: "", before: before.map { sortable($0, width: 16) }, limit: limit)
            return documents.compactMap { try? Codec.decode(AuditEntry.self, $0) }
        } catch {
            throw Problem(storeError: error)
        }
    }

    public func deliveries(receiver: String?, limit: Int) async throws(Problem) -> [DeliveryView] {
        var result: [DeliveryView] = []
        var before: String?
        do throws(StoreError) {
            while result.count < limit {
                let page = try await store.listBackwards(Collection.deliveries, prefix: "", before: before, limit: 200)
                let records = page.compactMap { try? Codec.decode(DeliveryRecord.self, $0) }
                result += records.filter { receiver == nil || $0.receiver == receiver }.map(\.view)
                guard page.count == 200, let last = page.last else { break }
                before = last.key.name
            }
        } catch {
            throw Problem(storeError: error)
        }
        return Array(result.prefix(limit))
    }

    public func events() -> AsyncStream<LiveEvent> { feed.listen() }

    public func status() async throws(Problem) -> StatusView {
        let now = clock()
        return memory.withLock { memory in
            StatusView(
                release: settings.release, startedAt: startedAt, hosts: memory.ledger.hosts.count,
                connectedHosts: memory.ledger.hosts.keys.filter { memory.fleet.contact($0, at: now) == .connected }
                    .count,
                services: memory.ledger.services.count,
                rolloutsInFlight: memory.ledger.lines.values.filter { $0.active != nil }.count, store: store.location,
                storeRevision: memory.ledger.revision.number, dev: settings.dev)
        }
    }

    public func figures() async -> ServerFigures {
        let now = clock()
        var figures = memory.withLock { memory in
            var figures = ServerFigures()
            figures.hosts = memory.ledger.hosts.count
            figures.connectedHosts =
                memory.ledger.hosts.keys.filter { memory.fleet.contact($0, at: now) == .connected }.count
            figures.services = memory.ledger.services.count
            for record in memory.ledger.rollouts.values { figures.rollouts[record.state.phase, default: 0] += 1 }
            return figures
        }
        for entry in intakes.all {
            figures.scrapedInstances += entry.scrapes.count
            figures.failingScrapes += entry.scrapes.count { $0.failure != nil }
        }
        return figures
    }

    public func unreadiness() async -> String? {
        if memory.withLock({ $0.storeFailed }) {
            // The last commit failed; whether the next one would is known only by trying.
            do throws(Problem) { try await noteAlive() } catch { return error.message }
        }
        do throws(StoreError) {
            _ = try await store.revision()
            return nil
        } catch {
            return Problem(storeError: error).message
        }
    }
}

extension ControlPlane.Memory {
    func view(service name: String, at now: Timestamp) -> ServiceView? {
        guard let applied = ledger.services[name] else { return nil }
        let line = ledger.line(name)
        let hosts = ledger.hosts.values.filter { applied.spec.select.matches($0.labels) }
        // What a silent host does, nobody knows.
        let ready = hosts.filter { host in
            guard fleet.contact(host.name, at: now) == .connected else { return false }
            return fleet.report(of: name, on: host.name)?.ready ?? false
        }
        return ServiceView(
            spec: applied.spec, revision: applied.generation, updatedAt: applied.updatedAt,
            updatedBy: applied.updatedBy, version: line.stable, rollout: line.active, queue: line.queue,
            refused: line.refused.mapValues { "\($0.rollout): \($0.reason)" }, hosts: hosts.count,
            readyHosts: ready.count)
    }

    func view(host name: String, at now: Timestamp) -> HostView? {
        guard let record = ledger.hosts[name] else { return nil }
        let entry = fleet[name]
        var warnings = entry.report?.warnings ?? []
        if entry.isAhead {
            warnings.append(
                "the agent has seen a newer or another desired state than this store's: was it restored from a backup? "
                    + "If so, start the server with --accept-restored-store")
        }
        if let revoked = record.revokedAt {
            warnings.append("revoked at \(revoked); halcyon host admit \(name) lets its agent join again")
        }
        return HostView(
            name: name, address: record.address, labels: record.labels, contact: fleet.contact(name, at: now),
            lastSeen: entry.lastSeen, joinedAt: record.joinedAt, release: record.release,
            services: entry.report?.services ?? [], load: entry.report?.load, warnings: warnings)
    }
}
