import Ports
import Rollouts
import Values
import Wire

/// What was rolled out in a stretch of time, for charts to mark.
struct Deployments: Sendable {
    var rollouts: [(rollout: RolloutView, history: [HistoryEntry])] = []

    static let none = Deployments()

    /// More than these make a chart unreadable.
    private static let most = 12
    private static let events = 1000

    init() {}

    /// - Parameter services: of these only; of all when it is `nil`.
    init(
        of services: Set<String>?, from start: Timestamp, through end: Timestamp, _ surface: any ControlSurface
    ) async throws(Problem) {
        var found: [RolloutView] = []
        if let services {
            for service in services.sorted().prefix(Deployments.most) {
                found += try await surface.rollouts(service: service, active: nil, limit: 30)
            }
        } else {
            found = try await surface.rollouts(service: nil, active: nil, limit: 60)
        }
        let within = found.filter { $0.phase != .queued && $0.createdAt <= end && ($0.endedAt ?? end) >= start }
        for rollout in within.sorted(by: { $0.createdAt > $1.createdAt }).prefix(Deployments.most) {
            let after = max(0, rollout.sequence - Deployments.events)
            let history = try await surface.history(rollout: rollout.id, after: after, limit: Deployments.events)
            rollouts.append((rollout, history))
        }
    }

    /// - Parameter isNamed: whether the marks name their service: charts of one service need not.
    func marks(named isNamed: Bool) -> [ChartMark] {
        rollouts.flatMap { rollout, history in
            history.compactMap { $0.mark(rollout, isNamed: isNamed) }
        }
    }

    /// Where each rollout began and where it turned back, for charts with little room.
    var landmarks: [ChartMark] {
        rollouts.flatMap { rollout, history in
            history.compactMap { entry -> ChartMark? in
                switch entry.event.fact {
                case .waveStarted(wave: 0), .rollbackStarted: return entry.mark(rollout, isNamed: false)
                default: return nil
                }
            }
        }
    }

    func bands(until now: Timestamp) -> [ChartBand] {
        rollouts.map { rollout, _ in
            let isBad = rollout.phase == .rolledBack || rollout.phase == .rollingBack
            return ChartBand(
                from: rollout.createdAt, through: rollout.endedAt ?? now, tone: isBad ? .bad : .busy)
        }
    }

    /// The version that a service's newest rollout brought, and what was there before.
    var newest: (canary: String, baseline: String?)? {
        rollouts.first.map { ($0.rollout.version, $0.rollout.previous) }
    }
}

extension HistoryEntry {
    /// How a chart marks it; `nil` for what is no landmark.
    func mark(_ rollout: RolloutView, isNamed: Bool) -> ChartMark? {
        let label: String
        let tone: Tone
        // A wave in between is told by its colour and its sentence; its name alone is long enough.
        var isNamed = isNamed
        switch event.fact {
        case .waveStarted(let wave):
            guard rollout.waves.indices.contains(wave) else { return nil }
            let name = rollout.waves[wave].name
            (label, tone) = (wave == 0 ? "\(rollout.version) \(name)" : name, .busy)
            isNamed = isNamed && wave == 0
        case .rollbackStarted: (label, tone) = ("rollback", .bad)
        case .rolledBack: (label, tone) = ("rolled back", .bad)
        case .done: (label, tone) = ("done", .good)
        case .cancelled: (label, tone) = ("cancelled", .idle)
        default: return nil
        }
        return ChartMark(
            at: event.at, label: isNamed ? "\(rollout.service) \(label)" : label,
            sentence:
                "\(rollout.service) \(rollout.version): \(Figures.sentence(sentence)) · \(Moments.exact(event.at))",
            tone: tone, link: Link("rollouts", rollout.id))
    }
}
