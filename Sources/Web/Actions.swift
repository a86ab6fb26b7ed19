import Rollouts
import Specs
import Wire

/// Something that a person can do to a rollout, with what the confirmation says.
struct Action: Hashable, Sendable {
    enum Weight: String, Hashable, Sendable {
        case primary
        case plain
        case danger
    }

    /// The last part of its address, for example `pause`.
    var verb: String
    /// For `promote`: every later wave too.
    var full = false
    /// On the button.
    var label: String
    /// Says what will happen, before it does.
    var explanation: String
    /// Shown once it is done.
    var outcome: String
    var weight: Weight

    /// Told apart in addresses and marks by this.
    var key: String { full ? "\(verb)-full" : verb }

    /// What to tell the control plane; `nil` for `retry`, which is a new rollout.
    var command: RolloutCommand? {
        switch verb {
        case "pause": return .pause
        case "resume": return .resume
        case "promote": return .promote(full: full)
        case "approve": return .approve
        case "abort": return .abort
        case "rollback": return .rollback
        default: return nil
        }
    }

    static let all = [approve, resume, pause, promote, promoteFull, abort, rollback, retry]

    /// The action of an address.
    static func named(_ verb: String, full: Bool = false) -> Action? {
        all.first { $0.verb == verb && $0.full == full } ?? all.first { $0.verb == verb }
    }

    static let approve = Action(
        verb: "approve", label: "Approve",
        explanation: "The wave starts as soon as its time window and every freeze allow it.",
        outcome: "Approved. The wave starts as soon as its time window and every freeze allow it.", weight: .primary)
    static let resume = Action(
        verb: "resume", label: "Resume", explanation: "The rollout goes on from where it was paused.",
        outcome: "Resumed.", weight: .primary)
    static let promote = Action(
        verb: "promote", label: "Promote",
        explanation:
            "What is left of this wave's waiting and bake is skipped. The checks stay armed: a failed one still "
            + "rolls the change back.",
        outcome: "Promoted. The rest of this wave's waiting and bake is skipped.", weight: .plain)
    static let promoteFull = Action(
        verb: "promote", full: true, label: "Promote all",
        explanation: "The waiting and the bake of this wave and of every later one are skipped. The change reaches the "
            + "whole fleet as fast as its hosts can take it.",
        outcome: "Promoted through every wave.", weight: .plain)
    static let pause = Action(
        verb: "pause", label: "Pause",
        explanation: "No further host gets the change until somebody resumes the rollout. Hosts that have it keep it.",
        outcome: "Paused. No further host gets the change until somebody resumes the rollout.", weight: .plain)
    static let abort = Action(
        verb: "abort", label: "Abort",
        explanation:
            "The rollout ends, and every host that has the change goes back. The version may be deployed again.",
        outcome: "Aborted. Every host that has the change goes back.", weight: .danger)
    static let rollback = Action(
        verb: "rollback", label: "Roll back",
        explanation: "Every host that has the change goes back at once. The version is refused from now on, unless "
            + "somebody forces it.",
        outcome: "Rolling back. The version is refused from now on.", weight: .danger)
    static let retry = Action(
        verb: "retry", label: "Retry",
        explanation: "A new rollout of the same version starts from the first wave. The version is no longer refused.",
        outcome: "A new rollout of the same version has been started.", weight: .plain)

    // What `abort` means where nothing has to go back, or where going back is stuck.
    private static let cancel = Action(
        verb: "abort", label: "Cancel",
        explanation: "The rollout is taken back before any host got the change. The version may be deployed again.",
        outcome: "Cancelled. No host had got the change.", weight: .danger)
    private static let endRollback = Action(
        verb: "abort", label: "End the rollback",
        explanation:
            "The rollback ends without the hosts that are stuck. They get the previous version as soon as they "
            + "can take it.",
        outcome: "The rollback has ended without the hosts that were stuck.", weight: .danger)

    /// What makes sense for a rollout as it is now. The control plane decides what is allowed; this only keeps useless
    /// buttons away.
    ///
    /// - Parameter serves: Whether the rollout's version is still what the service runs.
    static func available(for rollout: RolloutView, serves: Bool) -> [Action] {
        switch rollout.phase {
        case .done: return serves && rollout.previous != nil ? [rollback] : []
        case .rollingBack: return rollout.leftBehind.isEmpty ? [] : [endRollback]
        case .rolledBack, .cancelled: return [retry]
        case .queued: return [cancel]
        case .watching: return (rollout.pause == nil ? [pause] : [resume]) + [promote, abort, rollback]
        case .waiting, .moving, .baking: return underWay(rollout)
        }
    }

    private static func underWay(_ rollout: RolloutView) -> [Action] {
        var actions = rollout.pause == nil ? [] : [resume]
        let gate = rollout.waves.indices.contains(rollout.wave) ? rollout.waves[rollout.wave].gate : nil
        if rollout.phase == .waiting, gate == .approval || (rollout.needsPerson && rollout.hold == nil) {
            actions.append(approve)
        }
        if rollout.pause == nil { actions.append(pause) }
        actions.append(promote)
        if rollout.wave + 1 < rollout.waves.count { actions.append(promoteFull) }
        let isUntouched = rollout.phase == .waiting && rollout.wave == 0
        return actions + (isUntouched ? [cancel] : [abort, rollback])
    }
}
