import Rollouts
import Synchronization
import Values
import Wire

extension ControlPlane {
    /// Shows listeners what has changed: at once, but never oftener than once in a tick.
    func driveLive() async {
        await liveWake.drive(every: settings.tick, atMostEvery: settings.tick) { self.publishLive() }
    }

    func publishLive() {
        guard feed.hasListeners else { return memory.withLock { $0.live = LiveMarks() } }
        let now = clock()
        feed.publish(memory.withLock { $0.takeLive(at: now) })
    }

    /// What was committed: history, and the end of a rollout, are shown at once.
    func publish(_ draft: Draft) {
        let ended = Set(draft.history.filter(\.event.fact.endsRollout).map(\.rollout))
        let rollouts = ended.sorted().compactMap(draft.ledger.whole)
        // What cannot go back any more is likely to be asked for now.
        for rollout in rollouts where rollout.record.state.phase != .done { shelf.put(rollout) }
        guard feed.hasListeners, !draft.history.isEmpty else { return }
        let now = clock()
        let views = memory.withLock { memory in
            for entry in draft.history where !ended.contains(entry.rollout) { memory.live.mark(rollout: entry.rollout) }
            return rollouts.map { memory.view($0, at: now) }
        }
        feed.publish(draft.history.map(LiveEvent.history) + views.map(LiveEvent.rollout))
        liveWake.signal()
    }

    func publishHost(_ name: String) {
        guard feed.hasListeners else { return }
        memory.withLock { $0.live.mark(host: name) }
        liveWake.signal()
    }

    /// A report came: a host's use of processor and memory changes with every one, and is shown now and then.
    func publishHost(_ name: String, _ report: HostReport, after old: HostReport?, at now: Timestamp) {
        guard feed.hasListeners else { return }
        if report.looksDifferent(from: old) { return publishHost(name) }
        guard let old, old.services != report.services || old.load != report.load else { return }
        memory.withLock { $0.live.mark(usageOf: name, at: now) }
    }

    func publishService(_ name: String) {
        guard feed.hasListeners else { return }
        feed.publish([.service(name: name)])
    }
}

extension RolloutEvent.Fact {
    var endsRollout: Bool {
        switch self {
        case .done, .rolledBack, .cancelled: return true
        default: return false
        }
    }
}
