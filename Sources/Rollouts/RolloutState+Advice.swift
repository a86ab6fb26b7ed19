extension RolloutState {
    /// Where the rollout is, and which commands would do something now: what a refused command is answered with.
    public func advice(plan: RolloutPlan) -> String {
        if phase.isFinal { return endedAdvice }
        if pause != nil { return "it is paused; resume goes on, promote goes on without the rest of the bake" }
        if let hold { return "it is held (\(hold.reason)); \(advice(hold.kind))" }
        switch phase {
        case .queued:
            return "it waits for another rollout of the service; abort takes it out of the queue, "
                + "deploying with --supersede replaces the other one"
        case .waiting where plan.needsApproval(wave: wave) && !approved.contains(wave) && !opened.contains(wave):
            return "it waits for an approval; approve opens the gate"
        case .waiting:
            return "it waits\(waitReason.map { " (\($0))" } ?? ""); promote starts the wave all the same"
        case .moving, .baking:
            return "it is \(phase.words); pause stops it, promote skips the rest of the bake, rollback goes back"
        case .watching:
            return "it is watching; promote ends the watch, rollback goes back"
        case .rollingBack:
            return "it is going back, and retry deploys the version again once it has"
        case .done, .rolledBack, .cancelled:
            return endedAdvice
        }
    }

    private func advice(_ hold: Hold.Kind) -> String {
        switch hold {
        case .stuckRollback: return "repair those hosts, or end it without them by abort"
        case .forwardOnly: return "promote goes on in spite of it, rollback goes back"
        case .undecided, .lostHosts, .deadline, .attributed, .distrust:
            return "it goes on by itself when that is over, promote overrules it, rollback goes back"
        }
    }

    private var endedAdvice: String {
        let ended = "it has ended (\(phase.words)); "
        return ended
            + (phase == .done ? "rollback takes it back while it is the newest" : "retry deploys the version again")
    }
}
