import Ports
import PromQL
import Rollouts
import Specs
import Values
import Verdicts
import Wire

// What each page needs of the control plane.
extension Site {
    func overview() async throws(Problem) -> OverviewPage {
        let recentRollouts = try await surface.rollouts(service: nil, active: nil, limit: 6)
        var recent: [HistoryEntry] = []
        for rollout in recentRollouts {
            let entries = try await surface.history(
                rollout: rollout.id, after: max(0, rollout.sequence - 40), limit: 40)
            recent += entries.filter(\.event.fact.isNotable)
        }
        recent.sort { ($0.event.at, $0.event.sequence) > ($1.event.at, $1.event.sequence) }
        let inFlight = try await surface.rollouts(service: nil, active: true, limit: 50)
        let needy = inFlight + recentRollouts.filter(\.phase.isFinal)
        return OverviewPage(
            status: try await surface.status(), services: try await surface.services(),
            hosts: try await surface.hosts(), needy: needy.filter(\.needsPerson), inFlight: inFlight,
            recent: Array(recent.prefix(10)),
            serviceOfRollout: Dictionary(recentRollouts.map { ($0.id, $0.service) }) { first, _ in first },
            freezes: try await surface.freezes(),
            proposing: try await flags?.environments().filter { $0.openProposals > 0 } ?? [])
    }

    func fleet(_ request: PageRequest) async throws(Problem) -> FleetPage {
        FleetPage(hosts: try await surface.hosts(), filter: FleetFilter(query: request.query))
    }

    func rollouts(_ request: PageRequest) async throws(Problem) -> RolloutsPage {
        let limit = 200
        let service = request.query["service"].flatMap { $0.isEmpty ? nil : $0 }
        let found = try await surface.rollouts(service: service, active: nil, limit: limit)
        return RolloutsPage(
            rollouts: found, services: try await surface.services().map(\.spec.name), service: service,
            state: request.query["state"].flatMap(RolloutsPage.States.init) ?? .all, isCut: found.count >= limit)
    }

    func rollout(_ id: String, _ request: PageRequest, _ scene: Scene) async throws(Problem) -> RolloutPage {
        let view = try await surface.rollout(id)
        let history = try await surface.history(rollout: view.id, after: max(0, view.sequence - 1000), limit: 1000)
        return RolloutPage(
            rollout: view, history: history, decisions: try await surface.explain(rollout: view.id).decisions,
            charts: await charts(view, history, request, scene), serves: await serves(view),
            flash: request.query["done"].flatMap { done in
                Action.all.first { $0.key == done }?.outcome
            })
    }

    /// Whether the rollout's version is what its service runs; a service that was deleted runs nothing.
    private func serves(_ rollout: RolloutView) async -> Bool {
        guard rollout.phase == .done else { return false }
        do throws(Problem) {
            let service = try await surface.service(rollout.service)
            return service.version == rollout.version && service.rollout == nil
        } catch {
            return false
        }
    }

    /// Each check over the time of the rollout; none without metrics.
    private func charts(
        _ rollout: RolloutView, _ history: [HistoryEntry], _ request: PageRequest, _ scene: Scene
    ) async -> [ChartFigure] {
        guard let metrics = request.metrics, rollout.phase != .queued else { return [] }
        let spec = rollout.flag == nil ? try? await surface.service(rollout.service).spec : nil
        let charts = CheckCharts(rollout: rollout, history: history, spec: spec, now: scene.now)
        return await charts.figures { question throws(PromQLError) in try await memory.answer(question, by: metrics) }
    }

    func service(_ name: String, _ request: PageRequest, _ scene: Scene) async throws(Problem) -> ServicePage {
        let service = try await surface.service(name)
        var page = ServicePage(
            service: service, versions: try await surface.versions(service: name),
            hosts: try await surface.hosts(),
            rollouts: try await surface.rollouts(service: name, active: nil, limit: 10))
        if let metrics = request.metrics {
            page.figures = try await figures(of: service, page.rollouts, metrics, scene)
        }
        return page
    }

    func audit(_ request: PageRequest) async throws(Problem) -> AuditPage {
        let limit = 100
        let before = request.query["before"].flatMap { Int64($0) }
        let entries = try await surface.audit(before: before, limit: limit)
        return AuditPage(
            entries: entries, older: entries.count >= limit ? entries.last?.sequence : nil, isFirst: before == nil)
    }
}
