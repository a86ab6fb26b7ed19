import Specs
public import Values
import Wire

// Deadlines, ends and failures.
extension ServiceMachine {
    /// When the machine wants to be stepped again although nothing happened.
    public func nextWake(after now: Timestamp) -> Timestamp? {
        var times = instances.compactMap(wake)
        if let holdUntil { times.append(holdUntil) }
        if let notBefore = record?.notBefore, let goal, !runs(goal) { times.append(notBefore) }
        return times.filter { $0 > now }.min()
    }

    private func wake(_ instance: Instance) -> Timestamp? {
        let run = instance.version.run
        switch instance.phase {
        case .starting: return instance.since + (run.ready.method == .none ? Limits.upIsReady : run.ready.within)
        case .ready:
            guard record?.version == instance.version.version else { return nil }
            if failure?.version == instance.version.version { return instance.since + Limits.recovered }
            return isProven(instance.version.version) && record?.inARow == 0 ? nil : instance.since + Limits.proven
        case .unready: return run.ready.restartAfter.map { instance.since + $0 }
        case .retiring: return instance.since + run.lameDuck
        case .draining: return instance.since + instance.stopTime
        case .killed: return instance.since + Limits.killAgain
        }
    }

    mutating func keepDeadlines(at now: Timestamp) -> [ServiceAction] {
        if let until = holdUntil, now >= until { holdUntil = nil }
        var actions: [ServiceAction] = []
        for instance in instances {
            guard let due = wake(instance), now >= due else { continue }
            switch instance.phase {
            case .starting: actions += startingIsOver(instance, at: now)
            case .unready: actions += unreadyIsOver(instance, at: now)
            case .ready: recover(instance, at: now)
            case .retiring: actions += stop(instance, at: now)
            case .draining, .killed:
                change(instance.id) {
                    $0.phase = .killed
                    $0.since = now
                    $0.kills += 1
                }
                actions.append(.kill(instance: instance.id))
            }
        }
        return actions
    }

    private mutating func startingIsOver(_ instance: Instance, at now: Timestamp) -> [ServiceAction] {
        if instance.version.run.ready.method == .none {
            change(instance.id) {
                $0.phase = .ready
                $0.since = now
            }
            if record?.version == instance.version.version { record?.wasReady = true }
            return []
        }
        let message = "not ready within \(instance.version.run.ready.within)"
        noteEnd(of: instance, step: .ready, message: message, output: [], at: now)
        return stop(instance, at: now)
    }

    /// The service asks for a new start when an instance does not recover.
    private mutating func unreadyIsOver(_ instance: Instance, at now: Timestamp) -> [ServiceAction] {
        let message = "not ready for \(now - instance.since): \(instance.failedProbes?.reason ?? "no answer")"
        noteEnd(of: instance, step: .ready, message: message, output: [], at: now)
        return stop(instance, at: now)
    }

    /// It stayed ready: what went wrong before is forgotten.
    private mutating func recover(_ instance: Instance, at now: Timestamp) {
        let version = instance.version.version
        if failure?.version == version, now - instance.since >= Limits.recovered { failure = nil }
        guard now - instance.since >= Limits.proven else { return }
        if !isProven(version) {
            provenVersions = Array((provenVersions + [version]).suffix(Limits.provenVersionsKept))
        }
        if record?.version == version {
            record?.exits = []
            record?.inARow = 0
            record?.crashLoop = nil
        }
    }

    func isProven(_ version: String) -> Bool { provenVersions.contains(version) }

    /// A process has ended, or never was.
    mutating func end(
        _ id: String, step: FailureReport.Step, message: String, output: [String], at now: Timestamp
    ) {
        guard let index = instances.firstIndex(where: { $0.id == id }) else { return }
        let instance = instances[index]
        if !instance.isLeaving { noteEnd(of: instance, step: step, message: message, output: output, at: now) }
        instances.remove(at: index)
    }

    /// An instance that should have gone on did not.
    private mutating func noteEnd(
        of instance: Instance, step: FailureReport.Step, message: String, output: [String], at now: Timestamp
    ) {
        let version = instance.version
        // What leaves the stage while another version is coming is not brought back.
        guard goal?.isSame(as: version) == true else { return }
        var record = self.record?.version == version.version ? self.record : nil
        record = record ?? VersionRecord(version: version.version)
        guard var record else { return }
        if instance.phase == .ready, now - instance.since >= Limits.proven { record.inARow = 0 }
        record.exits = record.exits.filter { now - $0 < .minutes(5) } + [now]
        record.restarts += 1
        record.inARow += 1
        record.wasReady = record.wasReady || instance.isUp
        record.notBefore = now + backOff(record.inARow)
        self.record = record
        judge(instance, record, step: step, message: message, output: output, at: now)
    }

    private mutating func judge(
        _ instance: Instance, _ record: VersionRecord, step: FailureReport.Step, message: String, output: [String],
        at now: Timestamp
    ) {
        let version = instance.version
        let isDesired = desired?.run?.isSame(as: version) == true && !hasFailed(version)
        if isDesired, !record.wasReady, !isProven(version.version) {
            return fail(version, step: step, message: message, output: output, at: now)
        }
        let isCrashLoop = Limits.crashLoops.contains { rule in
            record.exits.filter { now - $0 <= rule.within }.count >= rule.exits
        }
        guard isCrashLoop else { return }
        let count = "ended \(record.exits.count) times; last it \(step == .ready ? "was " : "")\(message)"
        if isDesired, !isProven(version.version) {
            return fail(version, step: .crashLoop, message: count, output: output, at: now)
        }
        let attempt = attempt(at: version)
        self.record?.crashLoop = FailureReport(
            version: version.version, attempt: attempt, step: .crashLoop, message: count, at: now, output: output)
    }

    mutating func fail(
        _ version: DesiredVersion, step: FailureReport.Step, message: String, output: [String], at now: Timestamp
    ) {
        failure = FailureReport(
            version: version.version, attempt: attempt(at: version), step: step, message: message,
            at: now, output: output)
    }

    /// An instance may have been started in an earlier attempt than the one that is wanted now.
    private func attempt(at version: DesiredVersion) -> Int {
        guard let run = desired?.run, run.isSame(as: version) else { return version.attempt }
        return run.attempt
    }

    private func backOff(_ inARow: Int) -> Period {
        let doublings = min(max(inARow - 1, 0), 10)
        return min(Limits.longestBackOff, Limits.firstBackOff * (1 << Int64(doublings)))
    }
}
