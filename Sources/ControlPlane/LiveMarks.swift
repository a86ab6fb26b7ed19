import Rollouts
import Values
import Wire

/// What has changed since listeners were shown it last. A thing that changes often is shown once, as it is then.
struct LiveMarks: Sendable {
    /// How often only time tells what is to be shown: that a host of a rollout has fallen silent.
    static let sweepEvery = Period.seconds(2)
    /// What a host uses of processor and memory is shown no oftener.
    static let usageEvery = Period.seconds(5)
    /// What is left over waits for the next beat, so that a large fleet never floods its listeners.
    static let hostsAtOnce = 500
    static let usageAtOnce = 32

    private(set) var rollouts: Set<String> = []
    private(set) var hosts: Set<String> = []
    /// Hosts of which only the use of processor and memory has changed, the longest waiting first.
    private var usage: [String] = []
    private var waiting: Set<String> = []
    /// When each host's use was shown last.
    private var usageShownAt: [String: Timestamp] = [:]
    /// Each rollout in flight as it was shown last.
    private var shown: [String: RolloutView] = [:]
    private var sweptAt = Timestamp.epoch

    mutating func mark(rollout id: String) { rollouts.insert(id) }

    mutating func mark(host: String) { hosts.insert(host) }

    mutating func mark(usageOf host: String, at now: Timestamp) {
        if let last = usageShownAt[host], now >= last, now - last < LiveMarks.usageEvery { return }
        if waiting.insert(host).inserted { usage.append(host) }
    }

    /// The hosts to show now; they are marked no longer.
    mutating func takeHosts(at now: Timestamp) -> [String] {
        let changed = Array(hosts.prefix(LiveMarks.hostsAtOnce))
        hosts.subtract(changed)
        let used = usage.prefix(LiveMarks.usageAtOnce)
        usage.removeFirst(used.count)
        waiting.subtract(used)
        for host in used { usageShownAt[host] = now }
        return changed + used.filter { !changed.contains($0) }
    }

    /// Whether a rollout's view may have changed without a mark.
    mutating func isSweepDue(at now: Timestamp) -> Bool {
        guard now < sweptAt || now - sweptAt >= LiveMarks.sweepEvery else { return false }
        sweptAt = now
        return true
    }

    mutating func forgetRollouts(except active: Set<String>) {
        rollouts = []
        for id in shown.keys where !active.contains(id) { shown[id] = nil }
    }

    /// Notes what is shown of a rollout, and says whether it differs from what was shown before.
    mutating func show(_ view: RolloutView) -> Bool {
        let before = shown.updateValue(view, forKey: view.id)
        return before != view
    }
}

extension ControlPlane.Memory {
    /// What listeners are to be shown now.
    mutating func takeLive(at now: Timestamp) -> [LiveEvent] {
        let rollouts = takeRollouts(at: now)
        let hosts = live.takeHosts(at: now).compactMap { view(host: $0, at: now) }
        return rollouts.map(LiveEvent.rollout) + hosts.map(LiveEvent.host)
    }

    private mutating func takeRollouts(at now: Timestamp) -> [RolloutView] {
        let active = Set(ledger.lines.values.compactMap(\.active))
        let isSweepDue = live.isSweepDue(at: now)
        let due = active.union(live.rollouts).filter { isSweepDue || mayHaveChanged($0) }
        live.forgetRollouts(except: active)
        let views = due.sorted().compactMap(ledger.whole).map { view($0, at: now) }
        return views.filter { live.show($0) }
    }

    private func mayHaveChanged(_ id: String) -> Bool {
        if live.rollouts.contains(id) { return true }
        // While its clock runs it changes with every look.
        if ledger.rollouts[id]?.state.bakingSince != nil { return true }
        guard let places = ledger.places[id] else { return false }
        return live.hosts.contains { places[$0] != nil }
    }
}
