import Specs
import Values
import Verdicts

extension Turn {
    private var wave: PlannedWave { plan.waves[state.wave] }

    // MARK: Waiting

    mutating func openWave() {
        if let reason = reasonToWait() {
            if state.waitReason != reason { emit(.waited(wave: state.wave, reason: reason)) }
            return
        }
        // Nobody new gets the version while its canaries are out of contact.
        holdForLostHosts(lostHosts)
        let isHeldOff = holdForIncident(isOpening: true)
        guard state.pause == nil, !isHeldBack, !isHeldOff else { return }
        emit(.waveStarted(wave: state.wave))
    }

    private func reasonToWait() -> String? {
        let isOpened = state.opened.contains(state.wave) || isPromoted
        if plan.needsApproval(wave: state.wave), !state.approved.contains(state.wave), !isOpened {
            return plan.forwardOnly && wave.spec.gate == nil
                ? "\(plan.version) is forward-only and needs an approval" : "wave \(wave.spec.name) needs an approval"
        }
        if isOpened { return nil }
        if let freeze = observation.freeze { return "frozen: \(freeze)" }
        let windows = wave.spec.timeWindow
        guard !windows.isEmpty, !windows.contains(where: { $0.isOpen(at: now, zoneOffsets: observation.zoneOffsets) })
        else { return nil }
        return "outside its time window (\(windows.map(\.description).joined(separator: ", ")))"
    }

    // MARK: Moving

    mutating func moveWave() {
        failLateHosts()
        let isStopped = state.hold?.kind == .distrust || state.hold?.kind == .attributed
        let isHeldOff = holdForIncident(isOpening: wave.members.contains { !state.released.contains($0) })
        if state.pause == nil, !isStopped, !isHeldOff, lostHosts.count <= failureBudget || isPromoted {
            releaseMore(among: wave.members)
        }
        let open = plannedMembers.filter { !isOnNew($0) && !state.failed.contains($0) && !isRemoved($0) }
        let lost = open.filter { observation.hosts[$0].heard == .no }
        holdForLostHosts(Set(lost).union(lostHosts).sorted())
        holdForBlockedHosts(open)
        guard state.pause == nil, open.count == lost.count, !isHeldBack,
            lost.count + failedMembers <= failureBudget || isPromoted, controlsStand || isLate || isPromoted
        else { return }
        emit(.waveReady(wave: state.wave))
    }

    /// The wave's hosts without those that joined later: nobody waits for those.
    private var plannedMembers: Range<Int> { wave.members.clamped(to: 0..<plan.planned) }

    private var failedMembers: Int { plannedMembers.filter { state.failed.contains($0) }.count }

    /// Whether the wave has made no progress for longer than it may: nobody was released and nothing came back.
    private var isLate: Bool { now - (state.progressSince ?? state.phaseSince) > wave.spec.progressDeadline }

    /// A host that is heard of and does not get ready in time has failed.
    private mutating func failLateHosts() {
        guard isLate, state.pause == nil else { return }
        for host in plannedMembers where state.released.contains(host) && !state.failed.contains(host) {
            guard observation.hosts[host].heard == .yes, !isOnNew(host) else { continue }
            emit(.hostFailed(host: host, reason: "not ready within \(wave.spec.progressDeadline)"))
        }
    }

    /// Tells more hosts to take the new version, as many as may be out of service beside those that already are.
    private mutating func releaseMore(among candidates: Range<Int>) {
        let limit = max(1, wave.spec.maxUnavailable.roundedDown(of: wave.members.count))
        // Of earlier waves only those count that are on their way now.
        let others = candidates.filter {
            !wave.members.contains($0) && observation.hosts[$0].heard == .yes && isInMotion($0)
        }
        var unavailable = wave.members.filter(isUnavailable).count + others.count + controlsInMotion
        // Who is started anew to be compared with is out of service like any other.
        let due = state.phase == .moving ? dueControls(atMost: limit - unavailable) : HostSet()
        if !due.isEmpty {
            emit(.controlled(hosts: due))
            unavailable += due.count
        }
        var chosen = HostSet()
        var left = state.phase == .moving ? controlsLeft : 0
        var reserved = 0
        for host in candidates where !state.released.contains(host) {
            guard observation.hosts[host].heard == .yes, unavailable < limit || isEmptyNewcomer(host) else { continue }
            // One that does not serve counts already.
            if !isUnavailable(host) { unavailable += 1 }
            chosen.insert(host)
            guard left > 0, unavailable < limit else { continue }
            (left, reserved, unavailable) = (left - 1, reserved + 1, unavailable + 1)
        }
        guard !chosen.isEmpty else { return }
        emit(.released(hosts: chosen))
        let beside = dueControls(atMost: reserved)
        if !beside.isEmpty { emit(.controlled(hosts: beside)) }
    }

    /// Whether the host joined after the plan was made and serves nobody yet: it takes nothing from anyone.
    private func isEmptyNewcomer(_ host: Int) -> Bool {
        host >= plan.planned && !state.released.contains(host) && !observation.hosts[host].isServing
    }

    private func isUnavailable(_ host: Int) -> Bool {
        let seen = observation.hosts[host]
        if seen.heard == .removed || isEmptyNewcomer(host) { return false }
        // A person who promotes accepts the hosts that are out of service anyway.
        if isPromoted { return seen.heard == .yes && isInMotion(host) }
        if seen.heard != .yes { return true }
        if isInMotion(host) { return true }
        return !isFirstDeployment && !seen.isServing
    }

    private func isInMotion(_ host: Int) -> Bool {
        let seen = observation.hosts[host]
        return seen.heard != .removed && state.released.contains(host) && !state.failed.contains(host) && !isOnNew(host)
    }

    private func isOnNew(_ host: Int) -> Bool {
        let seen = observation.hosts[host]
        return seen.heard == .yes && state.released.contains(host) && seen.running == .new && seen.ready
            && !seen.changing
    }

    private mutating func holdForLostHosts(_ lost: [Int]) {
        if lost.count > failureBudget, !isPromoted, plan.onLostHosts == .hold {
            hold(.lostHosts, "out of contact with \(names(lost))")
        } else {
            liftHold([.lostHosts], "the hosts are heard of again")
        }
    }

    /// Hosts that are out of service for other reasons may leave no room for the wave: then a person is called.
    private mutating func holdForBlockedHosts(_ open: [Int]) {
        let waiting = open.filter { !state.released.contains($0) && observation.hosts[$0].heard == .yes }
        guard !waiting.isEmpty, isLate, state.pause == nil, !isPromoted, holding == nil
        else {
            return liftHold([.deadline], "the wave goes on")
        }
        let blocking = wave.members.filter { isUnavailable($0) && !isOnNew($0) }
        hold(.deadline, "\(names(waiting)) cannot change while \(names(blocking)) are out of service")
    }

    // MARK: Stragglers

    /// Hosts that joined after the plan was made belong to its last wave, once that has begun.
    mutating func admitNewcomers() {
        guard plan.admitsNewcomers(state), !observation.newcomers.isEmpty else { return }
        let known = Set(plan.hosts)
        let new = observation.newcomers.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }
        observation.newcomers = [:]
        guard !new.isEmpty else { return }
        emit(.joined(hosts: new.map(\.key)))
        observation.hosts += new.map(\.value)
    }

    /// Hosts that joined late, or were silent in their wave's turn, take the version as the others did, a few at a time.
    ///
    /// - Returns: Whether one of them serves the version before and has not been told yet.
    private mutating func bringStragglers() -> Bool {
        let hosts = 0..<plan.hosts.count
        guard state.pause == nil, holding == nil, state.wave + 1 == plan.waves.count else { return false }
        guard hosts.contains(where: { !state.released.contains($0) }) else {
            liftHold([.deadline], "everyone has his turn")
            return false
        }
        releaseMore(among: hosts)
        let waiting = hosts.filter { !state.released.contains($0) && observation.hosts[$0].isServing }
        holdForBlockedHosts(waiting)
        return !waiting.isEmpty
    }

    // MARK: Baking

    mutating func bakeWave() {
        holdForLostHosts(lostHosts)
        if bringStragglers(), !isPromoted { return runClock() }
        let bake = wave.spec.bake
        if bake.atMost == .zero || isFirstDeployment || isPromoted { return finishWave() }
        runClock()
        let baked = state.baked(at: now)
        guard baked >= bake.atLeast, state.unready.isEmpty, state.pause == nil, !isHeldBack else {
            return holdWithoutData()
        }
        if baked < bake.atMost, !isProven { return holdWithoutData() }
        if let reason = reasonForDoubt {
            hold(.undecided, reason)
        } else {
            finishWave()
        }
    }

    private mutating func finishWave() {
        guard state.pause == nil, !isHeldBack || isPromoted else { return }
        stopClock("the wave is done")
        let last = state.wave + 1 == plan.waves.count
        emit(.waveDone(wave: state.wave, readings: observation.readings))
        guard last else { return }
        if plan.watch > .zero && !isFirstDeployment {
            emit(.watchStarted)
        } else {
            emit(.done(reason: "every wave is done"))
        }
    }

    /// Whether evidence has excluded every regression worth a rollback: then the bake may end early.
    private var isProven: Bool {
        let counted = counted
        return observation.judgement?.hasBaseline ?? true && counted.contains { $0.evidence != nil }
            && counted.allSatisfy(hasPassed)
    }

    /// Whether the check has proven in this wave that the change is good. The chance that a bad one is ever proven good is small
    /// over all looks together: chance alone may take the proof below its line again, and that takes nothing back. What speaks
    /// against the change does, and so do data that lack.
    private func hasPassed(_ reading: Reading) -> Bool {
        if reading.verdict == .pass { return true }
        return reading.verdict == .undecided && state.proven.contains(reading.check) && reading.evidence?.proof != nil
            && !reading.leavesDoubt
    }

    /// Why the wave cannot be called good although its time is over; `nil` when nothing speaks against it.
    private var reasonForDoubt: String? {
        counted.filter { !hasPassed($0) }.reasonForDoubt(
            critical: Set(plan.checks.filter(\.critical).map(\.name)), budget: observation.judgement?.budget)
    }

    /// A check that counts and says that nobody new may get the version now; what a person promotes goes on in spite of it.
    private var holding: Reading? {
        let isOpening = state.phase == .waiting || state.phase == .moving
        guard !isPromoted, !(isOpening && state.opened.contains(state.wave)) else { return nil }
        return observation.readings.first { !$0.dryRun && $0.holds }
    }

    /// While something hits everybody, nobody new gets the version.
    ///
    /// - Parameter isOpening: Whether somebody new would get it now.
    /// - Returns: whether it is so.
    private mutating func holdForIncident(isOpening: Bool) -> Bool {
        guard isOpening, let holding else {
            liftHold([.undecided], "what hit everybody is over")
            return false
        }
        if state.pause == nil { hold(.undecided, "check \(holding.check): \(holding.reason)") }
        return true
    }

    /// A check that counts and cannot be read now.
    private var lacking: Reading? { counted.first(where: \.lacksData) }

    /// The readings that count. A check that nobody has read (after a restart, or with no host to read it from) lacks data:
    /// that there is no reading says nothing good.
    private var counted: [Reading] {
        let unread = plan.checks.filter { check in !observation.readings.contains { $0.check == check.name } }
        return observation.readings.filter { !$0.dryRun }
            + unread.filter { !$0.dryRun }.map {
                Reading(
                    check: $0.name, verdict: .undecided, reason: "there is nothing to read it from yet", lacksData: true
                )
            }
    }

    mutating func keepWatch() {
        let isBringing = bringStragglers()
        runClock()
        if isBringing { return }
        guard state.baked(at: now) >= plan.watch, state.unready.isEmpty, state.pause == nil, !isHeldBack, holding == nil
        else { return holdWithoutData() }
        stopClock("the watch is over")
        emit(.done(reason: "watched for \(plan.watch) without a regression"))
    }

    // MARK: The bake clock

    /// The clock runs while the wave can really be watched: not paused, and every check that counts has data.
    private mutating func runClock() {
        let unready = state.unready.isEmpty ? nil : "\(names(state.unready)) not ready"
        let lacks = (lacking ?? holding).map { "check \($0.check): \($0.reason)" }
        let standing = state.pause != nil ? "paused" : unready ?? lacks
        if let standing {
            stopClock(standing)
            if state.bakeStoppedAt == nil { emit(.bakeClock(running: false, baked: state.baked, reason: standing)) }
        } else if state.bakingSince == nil, state.isSettled(RolloutState.clock, at: now) {
            emit(.bakeClock(running: true, baked: state.baked, reason: "every check has data"))
        }
    }

    mutating func stopClock(_ reason: String) {
        guard state.bakingSince != nil else { return }
        emit(.bakeClock(running: false, baked: state.baked(at: now), reason: reason))
    }

    /// Tells a person when a check has lacked data for long, or was told for long that it holds; and that this is over.
    private mutating func holdWithoutData() {
        guard let stopped = state.bakeStoppedAt, state.pause == nil else {
            let isOfData = state.hold?.reason.contains(Turn.noData) ?? false
            return liftHold([.undecided], isOfData ? "the checks have data again" : "what hit everybody is over")
        }
        guard now - stopped >= Turn.patience else { return }
        if let lacking {
            hold(.undecided, "check \(lacking.check) \(Turn.noData): \(lacking.reason)")
        } else if let holding {
            hold(.undecided, "check \(holding.check): \(holding.reason)")
        }
    }

    private static let noData = "has no data"
}
