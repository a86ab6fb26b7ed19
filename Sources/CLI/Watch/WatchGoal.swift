import ArgumentParser
import Rollouts
import Wire

/// When watching a rollout ends.
enum WatchGoal: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// All waves are done and the watch has begun.
    case waves
    /// The rollout is at its end.
    case done

    /// How the watching ends with the rollout as it is, or `nil` to go on.
    func outcome(of rollout: RolloutView) -> WatchOutcome? {
        let name = harmless("\(rollout.service) \(rollout.version)")
        switch rollout.phase {
        case .done: return .reached("\(name) is done.")
        case .rolledBack:
            let reason = rollout.rollback.map { ": \(harmless($0.reason))" } ?? ""
            let left = rollout.leftBehind.isEmpty ? "" : "\nnot back yet: \(rollout.leftBehind.joined(separator: ", "))"
            return .missed(
                "\(name) was rolled back\(reason)\(harmless(left))\nwhy: halcyon rollout explain \(rollout.id)")
        case .cancelled: return .missed("\(name) was cancelled: \(harmless(rollout.summary))")
        case .watching where self == .waves:
            return .reached(
                "\(name): all waves are done. It stays armed for \(briefly(rollout.bakeTarget)) and goes back by itself "
                    + "if a check fails; follow it with: halcyon rollout watch \(rollout.id)")
        default: return nil
        }
    }
}

/// How watching a rollout ended.
enum WatchOutcome: Equatable, Sendable {
    case reached(String)
    /// It went back, or never began.
    case missed(String)
}

/// How a watched rollout is shown.
enum WatchForm: Sendable {
    /// A picture, redrawn in place.
    case picture
    /// One line an event.
    case lines
    /// One JSON object an event and line.
    case json

    init(_ format: OutputFormat, isTerminal: Bool) {
        self = format == .json ? .json : isTerminal ? .picture : .lines
    }

    /// Watching has no YAML form.
    static func check(_ format: OutputFormat) throws {
        if format == .yaml { throw ValidationError("A rollout cannot be watched as YAML; use -o json or -o table.") }
    }
}
