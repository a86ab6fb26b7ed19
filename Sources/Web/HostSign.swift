import Rollouts
import Wire

extension Sign {
    /// A host as its wave sees it.
    init(_ host: WaveHostView, of wave: WaveView.State, in rollout: RolloutView) {
        if host.contact == .unknown {
            self.init(shape: .question, word: "Unknown", tone: .attention)
        } else if host.contact == .expected {
            self.init(Contact.expected)
        } else if host.detail.hasPrefix("failed") || host.detail.hasPrefix("stuck") {
            self.init(shape: .cross, word: host.detail.hasPrefix("stuck") ? "Stuck" : "Failed", tone: .bad)
        } else if host.version == rollout.version {
            self.init(withChange: host, wave)
        } else {
            self.init(withoutChange: host, wave, ended: rollout.phase.isFinal)
        }
    }

    private init(withChange host: WaveHostView, _ wave: WaveView.State) {
        switch wave {
        case .rollingBack, .rolledBack: self.init(shape: .back, word: "Going back", tone: .bad)
        default:
            self.init(
                shape: host.ready ? .check : .half, word: host.ready ? "Ready" : "Not ready",
                tone: host.ready ? .good : .busy)
        }
    }

    private init(withoutChange host: WaveHostView, _ wave: WaveView.State, ended: Bool) {
        switch wave {
        case .rollingBack where !host.ready: self.init(shape: .back, word: "Going back", tone: .bad)
        case .rollingBack, .rolledBack: self.init(shape: .returned, word: "Back", tone: .bad)
        case .moving where host.detail == "waiting": self.init(shape: .empty, word: "Waiting", tone: .idle)
        case .moving: self.init(shape: .arrow, word: "Moving", tone: .busy)
        // It was there, and has gone on to another version since.
        case .done where ended: self.init(shape: .dot, word: "Another version", tone: .idle)
        case .done, .baking: self.init(shape: .half, word: "Not there", tone: .attention)
        case .pending, .waiting:
            self.init(shape: .empty, word: ended ? "Not reached" : "Waiting", tone: .idle)
        }
    }
}
