import Rollouts
import Wire

extension ResourceKind {
    static let rollout = ResourceKind(
        names: ["rollout", "rollouts", "ro"],
        get: { client, name in
            guard let name else {
                let rollouts = try await client.rollouts()
                return Presentation(Listing(rollouts)) { rolloutTable(rollouts, $0).lines($0) }
            }
            let rollout = try await client.rollout(name)
            return Presentation(rollout) { rolloutTable([rollout], $0).lines($0) }
        },
        describe: { client, name in
            let rollout = try await client.rollout(name)
            let history = try await client.history(rollout.id)
            return Presentation(rollout) { RolloutScreen(rollout, history, style: $0).lines() }
        },
        delete: { _, name in
            throw CommandFailure.wrongCall(
                "a rollout is never deleted, its history is kept; to end it: halcyon rollout abort \(name)")
        })
}

func rolloutTable(_ rollouts: [RolloutView], _ style: TextStyle) -> Table {
    var table = Table(
        [
            .init("id"), .init("service"), .init("from"), .init("to"), .init("phase"), .init("wave"), .init("started"),
            .init("by"), .init("summary", flexible: true),
        ], whenEmpty: "No rollouts. Start one with: halcyon deploy SERVICE --artifact FILE")
    for rollout in rollouts {
        let wave = rollout.waves.isEmpty ? "-" : "\(min(rollout.wave + 1, rollout.waves.count))/\(rollout.waves.count)"
        table.add([
            StyledText(rollout.id), StyledText(rollout.service), StyledText(rollout.previous ?? "-"),
            StyledText(rollout.version), StyledText(rollout.phase.words, rollout.phase.look), StyledText(wave),
            StyledText(style.time(rollout.createdAt)), StyledText(rollout.createdBy),
            StyledText(rollout.summary, rollout.needsPerson ? .caution : .plain),
        ])
    }
    return table
}

extension Phase {
    /// In words, as people write them.
    var words: String {
        switch self {
        case .rollingBack: return "rolling back"
        case .rolledBack: return "rolled back"
        default: return rawValue
        }
    }

    var look: Look {
        switch self {
        case .done, .watching: return .good
        case .rollingBack, .rolledBack: return .bad
        case .queued, .cancelled: return .dim
        case .waiting: return .caution
        case .moving, .baking: return .accent
        }
    }
}
