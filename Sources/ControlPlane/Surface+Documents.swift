import Documents
import FlagSpecs
import Formats
import Ports
import PromQL
import Rollouts
import Specs
import Synchronization
import Values
public import Wire

/// Documents that people apply and delete.
extension ControlPlane {
    public func apply(_ request: ApplyRequest, by principal: Principal) async throws(Problem) -> ApplyAnswer {
        let (nodes, fileIssues) = readNodes(files: request.files.map { ($0.name, $0.text) })
        let isFlags = { (source: SourcedNode) in FlagSource.holds(source.node, kinds: FlagDocument.kinds) }
        let (documents, specIssues) = readSpecs(
            nodes: nodes.filter { !isFlags($0) },
            checks: QueryChecks(selector: checkSelector, expression: checkExpression, value: checkValue),
            otherKinds: FlagDocument.kinds)
        let errors = (fileIssues + specIssues).errors
        guard errors.isEmpty else { throw Problem(documents: errors) }
        if request.strict {
            try Problem.refuse(warnings: (fileIssues + specIssues).warnings + documents.flatMap(\.warnings))
        }
        let foreseen = await foreseen(documents)
        let sources = nodes.filter(isFlags).map { FlagSource(file: $0.file, node: $0.node) }
        var answer = try await apply(documents, sources, request, by: principal)
        for index in answer.items.indices where answer.items[index].kind == SpecKind.service.rawValue {
            answer.items[index].warnings += foreseen[answer.items[index].name] ?? []
        }
        if !request.dryRun { for item in answer.items { publishService(item.name) } }
        return answer
    }

    /// Everything in one transaction: what belongs to the flags is checked and written by their driver.
    private func apply(
        _ documents: [SourcedSpec], _ sources: [FlagSource], _ request: ApplyRequest, by principal: Principal
    ) async throws(Problem) -> ApplyAnswer {
        let own = { @Sendable (draft: inout Draft) throws(Problem) -> ApplyAnswer in
            var trial = draft
            let answer = try trial.apply(documents, request: request, by: principal.name)
            if !request.dryRun { draft = trial }
            return answer
        }
        guard !sources.isEmpty, let flags = flags.withLock({ $0 }) else { return try await change(own) }
        // What would be refused anyhow is refused before the flags are looked at.
        var answer = try await change { (draft) throws(Problem) in
            var trial = draft
            return try own(&trial)
        }
        answer.items += try await flags.apply(
            sources, environment: request.environment ?? "production", dryRun: request.dryRun, prune: request.prune,
            strict: request.strict, by: principal
        ) { (entry) throws(Problem) in
            try await self.changeNoting { (draft) throws(Problem) in
                _ = try own(&draft)
                draft.attach(entry, by: principal.name)
            }.revision
        }
        return answer
    }

    public func delete(kind: String, name: String, by principal: Principal) async throws(Problem) {
        try await change { (draft) throws(Problem) in
            try draft.delete(kind: kind, name: name, by: principal.name)
        }
        if kind == "host" {
            let sink = memory.withLock { memory in
                defer { memory.fleet.remove(name) }
                return memory.fleet[name].sink
            }
            sink?.close()
        }
        if kind == "version" { await collectArtefacts() }
        if kind == "service" { publishService(name) }
    }
}

extension Draft {
    mutating func apply(
        _ documents: [SourcedSpec], request: ApplyRequest, by principal: String
    ) throws(Problem) -> ApplyAnswer {
        for document in documents {
            if case .service(let spec) = document.spec { try refuseToStopEverything(spec, at: document) }
        }
        let dependencies = Dependencies(ledger.services.values.map(\.spec), documents)
        let unmet = documents.flatMap(dependencies.issues)
        guard unmet.isEmpty else { throw Problem(documents: unmet) }
        if !request.allowNoHosts {
            let issues = documents.flatMap(selectionIssues)
            guard issues.isEmpty else { throw Problem(documents: issues) }
        }
        var items: [ApplyAnswer.Item] = []
        for document in documents { items.append(apply(document, by: principal)) }
        if request.prune { items += try prune(documents, by: principal) }
        return ApplyAnswer(dryRun: request.dryRun, items: items)
    }

    private mutating func apply(_ document: SourcedSpec, by principal: String) -> ApplyAnswer.Item {
        var item: ApplyAnswer.Item
        switch document.spec {
        case .service(let spec):
            let stopped = stops(spec)
            item = apply(spec, in: Collection.services, table: \.services, name: spec.name, by: principal)
            item.warnings += stopped
            item.warnings += selection.issues(document, spec).map { "\($0.path): \($0.message)" } + warnings(spec)
            item.warnings += spec.checksWithoutBefore
        case .plan(let spec):
            item = apply(spec, in: Collection.namedPlans, table: \.namedPlans, name: spec.name, by: principal)
        case .freeze(let spec):
            item = apply(spec, in: Collection.freezes, table: \.freezes, name: spec.name, by: principal)
        case .receiver(let spec):
            item = apply(spec, in: Collection.receivers, table: \.receivers, name: spec.name, by: principal)
            // A receiver's address is a secret: that it changed is shown, not what it is.
            item.changes = item.changes.map { $0.contains("url") ? "url: changed" : $0 }
        }
        item.kind = document.spec.kind.rawValue
        item.warnings += document.warnings.map { "\($0.file):\($0.line): \($0.message)" }
        return item
    }

    private mutating func apply<Spec: DocumentForm & Hashable & Sendable>(
        _ spec: Spec, in collection: String, table: WritableKeyPath<Ledger, [String: Applied<Spec>]>, name: String,
        by principal: String
    ) -> ApplyAnswer.Item {
        let present = ledger[keyPath: table][name]
        guard present?.spec != spec else { return ApplyAnswer.Item(kind: "", name: name, outcome: .unchanged) }
        let applied = Applied(
            spec: spec, updatedAt: now, updatedBy: principal, generation: (present?.generation ?? 0) + 1)
        ledger[keyPath: table][name] = applied
        put(collection, name, applied)
        let changes = present.map { spec.differences(from: $0.spec) } ?? []
        audit("apply", "\(collection)/\(name)", by: principal, present == nil ? "created" : "changed")
        return ApplyAnswer.Item(kind: "", name: name, outcome: present == nil ? .created : .changed, changes: changes)
    }

    /// A service that runs and would run nowhere is more likely a wrong label than a wish: deleting it says that better.
    private func refuseToStopEverything(_ spec: ServiceSpec, at document: SourcedSpec) throws(Problem) {
        guard let present = ledger.services[spec.name]?.spec, ledger.line(spec.name).stable != nil,
            present.select != spec.select, !ledger.hosts.isEmpty,
            !ledger.hosts.values.contains(where: { spec.select.matches($0.labels) })
        else { return }
        let message = "no host has the labels \(spec.select): \(spec.name) would be stopped everywhere"
        throw Problem(documents: [
            DocumentIssue(
                file: document.file, at: document.node["select"]?.position ?? document.node.position, path: "select",
                message: message, hint: "to stop it, delete the service")
        ])
    }

    /// The hosts on which a changed selector stops the service, outside of any wave.
    private func stops(_ spec: ServiceSpec) -> [String] {
        guard let present = ledger.services[spec.name]?.spec, ledger.line(spec.name).stable != nil else { return [] }
        let left = ledger.hosts.values.filter { present.select.matches($0.labels) && !spec.select.matches($0.labels) }
        guard !left.isEmpty else { return [] }
        let names = left.map(\.name).sorted()
        let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
        return ["it stops at once on \(names.count) hosts that are no longer selected: \(shown)"]
    }

    private var selection: HostSelection { HostSelection(hosts: ledger.hosts.values.map(\.labels)) }

    /// The selectors of a new or changed service that match no host.
    private func selectionIssues(_ document: SourcedSpec) -> [DocumentIssue] {
        // What is applied already stays as it is: an apply that changes nothing does not fail because a host has left.
        guard case .service(let spec) = document.spec, ledger.services[spec.name]?.spec != spec else { return [] }
        return selection.issues(document, spec)
    }

    /// What will probably not do what its author expects, given the fleet as it is.
    private func warnings(_ spec: ServiceSpec) -> [String] {
        guard !ledger.hosts.isEmpty else {
            return ["no agent has joined yet: it cannot be deployed before one has"]
        }
        do throws(PlanError) {
            let order = try WaveOrder(
                service: spec, fleet: ledger.hosts.values.map { PlanHost(name: $0.name, labels: $0.labels) })
            return order.baselineWarnings(spec.plan, compares: spec.checks.contains(where: \.kind.compares))
        } catch {
            // Selectors without hosts are said by their own.
            return error.path.hasSuffix("select") ? [] : ["with the hosts of now it cannot be deployed: \(error)"]
        }
    }

    private mutating func prune(_ documents: [SourcedSpec], by principal: String) throws(Problem) -> [ApplyAnswer.Item]
    {
        var items: [ApplyAnswer.Item] = []
        for kind in Set(documents.map(\.spec.kind)).sorted(by: { $0.rawValue < $1.rawValue }) {
            let kept = Set(documents.filter { $0.spec.kind == kind }.map(\.spec.name))
            let present: [String]
            switch kind {
            case .service: present = Array(ledger.services.keys)
            case .plan: present = Array(ledger.namedPlans.keys)
            case .freeze: present = Array(ledger.freezes.keys)
            case .receiver: present = Array(ledger.receivers.keys)
            }
            for name in present.sorted() where !kept.contains(name) {
                try delete(kind: kind.rawValue.lowercased(), name: name, by: principal)
                items.append(ApplyAnswer.Item(kind: kind.rawValue, name: name, outcome: .deleted))
            }
        }
        return items
    }

    mutating func delete(kind: String, name: String, by principal: String) throws(Problem) {
        switch kind {
        case "service": try deleteService(name)
        case "plan": try deletePlan(name)
        case "freeze": try remove(\.freezes, Collection.freezes, kind, name)
        case "receiver": try remove(\.receivers, Collection.receivers, kind, name)
        case "host": try removeHost(name)
        case "version": try deleteVersion(name)
        default:
            throw Problem(
                .invalid, "'\(kind)' cannot be deleted", hint: "service, plan, freeze, receiver, host and version can")
        }
        audit("delete", "\(kind)/\(name)", by: principal)
    }

    private mutating func remove<Value>(
        _ table: WritableKeyPath<Ledger, [String: Value]>, _ collection: String, _ kind: String, _ name: String
    ) throws(Problem) {
        guard ledger[keyPath: table].removeValue(forKey: name) != nil else {
            throw Problem.unknown(kind, name, among: Array(ledger[keyPath: table].keys))
        }
        delete(collection, name)
    }

    private mutating func deletePlan(_ name: String) throws(Problem) {
        let waiting = ledger.rollouts.values.filter { $0.plan == name && $0.state.phase == .queued }.map(\.id)
        if let rollout = waiting.min() {
            throw Problem(
                .conflict, "plan \(name) is what \(rollout) waits to begin by", hint: "wait for it, or abort it first")
        }
        try remove(\.namedPlans, Collection.namedPlans, "plan", name)
    }

    private mutating func removeHost(_ name: String) throws(Problem) {
        guard ledger.hosts.removeValue(forKey: name) != nil else {
            throw Problem.unknown("host", name, among: Array(ledger.hosts.keys))
        }
        delete(Collection.hosts, name)
    }

    private mutating func deleteService(_ name: String) throws(Problem) {
        let line = ledger.line(name)
        if let active = line.active {
            throw Problem(
                .conflict, "service \(name) has a rollout in flight (\(active))", hint: "wait for it, or abort it first"
            )
        }
        try remove(\.services, Collection.services, "service", name)
        for record in line.queue.compactMap({ ledger.rollouts[$0] }) {
            cancel(record, reason: "service \(name) was deleted")
        }
        if ledger.lines.removeValue(forKey: name) != nil { delete(Collection.lines, name) }
    }

    private mutating func deleteVersion(_ name: String) throws(Problem) {
        guard let record = ledger.versions[name] else {
            throw Problem.unknown("version", name, among: Array(ledger.versions.keys))
        }
        let line = ledger.line(record.service)
        guard !ledger.referencedVersions(line).contains(record.version) else {
            throw Problem(
                .conflict, "version \(name) is in use",
                hint: "it runs, waits to be rolled out, or is what a rollback would return to")
        }
        try remove(\.versions, Collection.versions, "version", name)
    }
}
