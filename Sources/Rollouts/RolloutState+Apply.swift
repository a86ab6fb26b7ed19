import Values
import Verdicts

extension RolloutState {
    /// Changes the state as the event says. It decides nothing.
    mutating func apply(_ event: RolloutEvent, plan: RolloutPlan) {
        sequence = event.sequence
        switch event.fact {
        case .began:
            enter(.waiting, at: event.at)
        case .waited(_, let reason):
            waitReason = reason
        case .approved(let wave, _):
            approved.insert(wave)
            waitReason = nil
        case .waveStarted(let wave):
            self.wave = wave
            waveSince = event.at
            progressSince = event.at
            waitReason = nil
            (verdicts, proven, flapping) = ([:], [], [:])
            enter(.moving, at: event.at)
        case .released(let hosts):
            released.formUnion(hosts)
            progressSince = event.at
            (reachedAt, releasedAt) = (reachedAt ?? event.at, event.at)
        case .controlled(let hosts):
            controls.formUnion(hosts)
            (progressSince, controlledAt) = (event.at, event.at)
        case .hostFailed(let host, _):
            failed.insert(host)
        case .waveReady:
            enter(.baking, at: event.at)
        case .unready(let hosts):
            unreadySince = hosts.isEmpty ? nil : unreadySince ?? event.at
            unready = hosts
            noteChange(RolloutState.readiness, at: event.at)
        case .bakeClock(let running, let baked, _):
            // That it has not begun to run yet is no change.
            if !running, bakingSince != nil { noteChange(RolloutState.clock, at: event.at) }
            self.baked = baked
            bakingSince = running ? event.at : nil
            bakeStoppedAt = running ? nil : event.at
        case .judged(let reading):
            verdicts[reading.check] = reading.verdict
            if reading.verdict == .pass { proven.insert(reading.check) }
            noteChange(RolloutState.check(reading.check), at: event.at)
            keepBaselines([reading])
        case .waveDone(let wave, let readings):
            keepBaselines(readings)
            applyWaveDone(wave, at: event.at, plan: plan)
        case .watchStarted:
            flapping = [:]
            enter(.watching, at: event.at)
        case .held(let hold):
            self.hold = hold
            noteChange(RolloutState.hold(hold.kind), at: event.at)
        case .holdLifted:
            if hold?.kind == .attributed { beginAnew(at: event.at) }
            hold = nil
            // Hosts that are heard of again get their time anew.
            progressSince = event.at
        default:
            applyTurn(event, plan: plan)
        }
    }

    /// What was measured while another change was at work counts for nothing, and neither does the time.
    private mutating func beginAnew(at time: Timestamp) {
        anewSince = time
        (verdicts, proven, baked) = ([:], [], .zero)
        if bakingSince != nil { bakingSince = time }
    }

    private mutating func keepBaselines(_ readings: [Reading]) {
        for reading in readings {
            if let baseline = reading.baseline, baseline.total > 0 { baselines[reading.check] = baseline }
        }
    }

    /// The events that a person causes, and the way back.
    private mutating func applyTurn(_ event: RolloutEvent, plan: RolloutPlan) {
        switch event.fact {
        case .paused(let reason):
            pause = Intervention(by: event.by, reason: reason, at: event.at)
        case .resumed:
            pause = nil
            // A person stopped the clock: it did not flap.
            flapping[RolloutState.clock] = nil
            // The time that it stood still is not held against the wave's deadline.
            progressSince = event.at
            if unreadySince != nil { unreadySince = event.at }
        case .promoted(let wave, _):
            if phase == .waiting { opened.insert(self.wave) }
            promotedThrough = max(promotedThrough, wave)
            if hold?.kind == .forwardOnly { acceptedThrough = max(wave, self.wave) }
            if hold?.kind != .stuckRollback { hold = nil }
        case .joined:
            // They get their time to move.
            progressSince = event.at
        case .rollbackStarted(let cause):
            // Whoever joined since it was done has the version as well.
            if phase == .done { released = HostSet(plan.hosts.indices) }
            rollback = cause
            (pause, hold, waitReason, endedAt) = (nil, nil, nil, nil)
            (leftBehind, controls) = (HostSet(), HostSet())
            enter(.rollingBack, at: event.at)
        case .returned(let hosts):
            returned.formUnion(hosts)
            returnedAt = event.at
        case .stuck(let host, _):
            leftBehind.insert(host)
        case .rolledBack(let missing):
            // One that was stuck and came back after all is not left behind.
            leftBehind = missing
            finish(.rolledBack, at: event.at)
        case .done:
            finish(.done, at: event.at)
        case .cancelled:
            finish(.cancelled, at: event.at)
        default:
            break
        }
    }

    private mutating func applyWaveDone(_ wave: Int, at time: Timestamp, plan: RolloutPlan) {
        controls = HostSet()
        guard wave + 1 < plan.waves.count else { return enter(.baking, at: time) }
        self.wave = wave + 1
        enter(.waiting, at: time)
    }

    private mutating func enter(_ phase: Phase, at time: Timestamp) {
        self.phase = phase
        phaseSince = time
        (baked, bakingSince, bakeStoppedAt) = (.zero, nil, nil)
        (unready, unreadySince) = (HostSet(), nil)
        if phase != .rollingBack { hold = nil }
    }

    private mutating func finish(_ phase: Phase, at time: Timestamp) {
        enter(phase, at: time)
        hold = nil
        pause = nil
        endedAt = time
    }
}
