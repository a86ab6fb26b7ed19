import Rollouts
import Wire

/// What a person needs to know of a host in a rollout: a symbol and a word, never a colour alone.
enum HostMark: Int, CaseIterable, Sendable {
    // In the order in which they deserve attention.
    case failed
    case lost
    case goingBack
    case moving
    case starting
    case ready
    case back
    case waiting

    init(_ host: WaveHostView, in wave: WaveView.State, of rollout: RolloutView) {
        let isNew = host.version == rollout.version
        let returns = wave == .rollingBack || wave == .rolledBack
        if host.detail.hasPrefix("failed") || host.detail.hasPrefix("stuck") {
            self = .failed
        } else if host.contact == .unknown {
            self = .lost
        } else if returns {
            self = isNew ? .goingBack : host.ready ? .back : .starting
        } else if isNew {
            self = host.ready ? .ready : .starting
        } else {
            let moves = wave == .moving && !host.detail.hasPrefix("waiting") && !host.detail.isEmpty
            self = moves ? .moving : .waiting
        }
    }

    var word: String {
        switch self {
        case .failed: return "failed"
        case .lost: return "no contact"
        case .goingBack: return "going back"
        case .moving: return "moving"
        case .starting: return "starting"
        case .ready: return "ready"
        case .back: return "back"
        case .waiting: return "waiting"
        }
    }

    var look: Look {
        switch self {
        case .failed: return .bad
        case .lost, .goingBack, .back: return .caution
        case .moving, .starting: return .accent
        case .ready: return .good
        case .waiting: return .dim
        }
    }

    func symbol(_ style: TextStyle) -> String {
        switch self {
        case .failed: return style.symbols ? "✗" : "x"
        case .lost: return "?"
        case .goingBack, .back: return style.symbols ? "↩" : "<"
        case .moving, .starting: return style.symbols ? "▸" : ">"
        case .ready: return style.symbols ? "✓" : "+"
        case .waiting: return style.symbols ? "·" : "."
        }
    }
}

extension WaveView.State {
    var word: String {
        switch self {
        case .rollingBack: return "rolling back"
        case .rolledBack: return "rolled back"
        default: return rawValue
        }
    }

    var look: Look {
        switch self {
        case .pending: return .dim
        case .waiting: return .caution
        case .moving, .baking: return .accent
        case .done: return .good
        case .rollingBack, .rolledBack: return .bad
        }
    }

    func symbol(_ style: TextStyle) -> String {
        switch self {
        case .pending: return style.symbols ? "·" : "."
        case .waiting: return style.symbols ? "‖" : "="
        case .moving: return style.symbols ? "▸" : ">"
        case .baking: return style.symbols ? "◔" : "o"
        case .done: return style.symbols ? "✓" : "+"
        case .rollingBack, .rolledBack: return style.symbols ? "↩" : "<"
        }
    }
}
