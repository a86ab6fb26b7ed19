import Logging
import Rollouts
import Series
import Specs
import Synchronization
import Values
import Verdicts
import Wire

extension ControlPlane {
    /// Judges again and again while the driver goes on, which is woken when there is something new.
    func judgeBesides() async {
        while !Task.isCancelled {
            if await judgeRollouts(at: clock()) { wake.signal() }
            try? await Task.sleep(for: .milliseconds(settings.tick.milliseconds))
        }
    }

    /// Feeds the engine of every rollout that has the new version somewhere, and keeps what it says.
    ///
    /// - Returns: whether anything is new.
    @discardableResult
    func judgeRollouts(at now: Timestamp) async -> Bool {
        await lookForUsualChecks(at: now)
        let (ledger, looks, others) = memory.withLock { memory in
            (memory.ledger, self.looks(memory, at: now), memory.dependantLooks(at: now))
        }
        let doubts = doubts(ledger, at: now)
        for (look, trouble) in others.compactMap({ look in look.trouble.map { (look, $0) } }) {
            logger.error(
                "the evidence of \(look.key.service) in \(look.key.rollout) cannot be read and is gathered anew: \(trouble)"
            )
        }
        let (judged, felt) = await metrics.reading { data in
            (ControlPlane.judged(looks, data), others.map { $0.judged(data) })
        }
        // Whoever was not allowed to finish reading has read nothing.
        if Task.isCancelled { return false }
        defer { recordEvidence(at: now) }
        return memory.withLock { memory in
            var isNew = false
            for (id, look) in judged {
                guard let present = memory.ledger.machine(id), present.isJudged else { continue }
                memory.judges[id] = look.judge
                // A wave that began meanwhile is judged by nothing that was read before.
                guard present.state.waveSince == ledger.machine(id)?.state.waveSince else { continue }
                let note = present.plan.flag.flatMap { measures.note(environment: $0.environment, at: now) }
                isNew = memory.show(look, of: id, doubt: doubts[id], note: note) || isNew
                if feed.hasListeners { memory.live.mark(rollout: id) }
            }
            isNew = memory.dependants.take(felt) || isNew
            memory.forgetJudged()
            return isNew
        }
    }

    /// Who is to be looked at now.
    private func looks(_ memory: Memory, at now: Timestamp) -> [String: Look] {
        var looks: [String: Look] = [:]
        for line in memory.ledger.lines.values {
            guard let id = line.active, let machine = memory.ledger.machine(id), machine.isJudged else { continue }
            let interval = memory.ledger.scrapeInterval(machine.plan)
            let judge = memory.judges[id] ?? judge(machine, memory)
            let isShown = memory.readings[id]?.isEmpty == false
            guard judge.isDue(at: now, interval: interval) || !isShown else { continue }
            guard let scene = memory.scene(machine, interval: interval, at: now) else { continue }
            looks[id] = Look(judge: judge, scene: scene)
        }
        return looks
    }

    /// A judge that goes on from what is stored.
    private func judge(_ machine: RolloutMachine, _ memory: Memory) -> RolloutJudge {
        let ledger = memory.ledger
        let stored = ledger.evidence[machine.plan.id]
        let hasDependants = !memory.dependants(of: machine.plan.service).isEmpty
        let configuration = VerdictEngine.Configuration(
            machine.plan, tick: ledger.scrapeInterval(machine.plan),
            reserve: stored?.reserve ?? (hasDependants ? DependantChecks.share : 0))
        guard let stored, !stored.state.isEmpty else { return RolloutJudge(configuration) }
        do {
            return try RolloutJudge(configuration, state: Array(stored.state), progress: stored.progress)
        } catch {
            logger.error("the evidence of \(machine.plan.id) cannot be read and is gathered anew: \(error)")
            return RolloutJudge(configuration)
        }
    }

    private static func judged(_ looks: [String: Look], _ data: any Queryable) -> [String: Look] {
        looks.mapValues { look in
            var look = look
            // No host to read from: yesterday's readings say nothing of today.
            if look.scene.hasCanary {
                look.hasNews = look.judge.look(look.scene, data: data)
            } else {
                look.isBlind = true
            }
            return look
        }
    }

    /// A rollout that is looked at.
    fileprivate struct Look: Sendable {
        var judge: RolloutJudge
        var scene: RolloutScene
        var hasNews = false
        var isBlind = false
    }
}

extension ControlPlane.Memory {
    /// What a rollout's decisions rest on now; what was stored, when nothing is new.
    func evidence(of id: String, since stored: EvidenceRecord?) -> EvidenceRecord? {
        var record = stored
        if let judge = judges[id], judge.progress != stored?.progress {
            record = record ?? EvidenceRecord(reserve: judge.configuration.reserve)
            record?.take(judge)
        }
        let news = dependants.news(of: id, since: stored?.dependants ?? [:])
        if !news.isEmpty {
            let known = record?.dependants ?? [:]
            record = record ?? EvidenceRecord(reserve: DependantChecks.share)
            record?.dependants = known.merging(news) { $1 }
        }
        return record
    }

    /// - Returns: whether it is other than what was known.
    fileprivate mutating func show(_ look: ControlPlane.Look, of id: String, doubt: String?, note: String?) -> Bool {
        if look.isBlind {
            judgements[id] = nil
            return readings.updateValue([], forKey: id) != []
        }
        guard look.hasNews else { return false }
        let engine = look.judge.engine
        judgements[id] = Judgement(
            verdict: engine.verdict, budget: engine.budget, distrust: engine.distrust ?? doubt,
            hasBaseline: look.scene.hasBaseline, anewSince: look.judge.progress.anewSince)
        var new = look.judge.readings
        if let note { for index in new.indices { new[index].evidence?.allowances.append(note) } }
        return readings.updateValue(new, forKey: id) != new
    }

    /// While it goes back the last readings stay to be seen; afterwards nothing does.
    fileprivate mutating func forgetJudged() {
        for id in readings.keys where ledger.rollouts[id]?.state.phase.isFinal ?? true {
            readings[id] = nil
            judgements[id] = nil
        }
        for id in judges.keys where !(ledger.machine(id)?.isJudged ?? false) { judges[id] = nil }
        dependants.keep { ledger.machine($0).map { !$0.state.phase.isFinal } ?? false }
    }

    /// The cohorts as they are now.
    fileprivate func scene(_ machine: RolloutMachine, interval: Period, at now: Timestamp) -> RolloutScene? {
        let (plan, state) = (machine.plan, machine.state)
        guard let previous = plan.previous else { return nil }
        if let target = plan.flag {
            return RolloutScene(flag: target, previous, of: machine, interval: interval, at: now)
        }
        let hosts = plan.hosts.enumerated().map { place, name -> RolloutScene.Host in
            let isNew = state.target(host: place) == .new
            let cohort: Cohort = isNew ? .canary : state.controls.contains(place) ? .control : .baseline
            return host(
                name, place, cohort, version: isNew ? plan.version : previous, of: plan.service,
                settled: now - interval * 2, at: now)
        }
        var scene = RolloutScene(
            service: plan.service, previous: previous, hosts: hosts, wave: state.phase == .watching ? -1 : state.wave,
            began: machine.reachedAt, now: now, interval: interval, earlier: state.baselines)
        (scene.changedAt, scene.anewSince) = (state.releasedAt, state.anewSince)
        scene.withoutBaseline = plan.withoutBaseline
        return scene
    }

    func host(
        _ name: String, _ place: Int, _ cohort: Cohort, version: String, of service: String, settled: Timestamp,
        at now: Timestamp
    ) -> RolloutScene.Host {
        var host = RolloutScene.Host(
            name: name, number: place, stratum: ledger.hosts[name]?.stratum ?? "", cohort: cohort, version: version)
        guard fleet.contact(name, at: now) == .connected, let report = fleet.report(of: service, on: name),
            report.ready, report.version == version
        else { return host }
        host.serves = true
        let known = fleet[name].readySince
        let since = report.instances.filter { $0.version == version }
            .compactMap { known[$0.key(service: service)] }
        // A host that has just changed has not been scraped yet: it is not missed.
        host.isExpected = since.contains { $0 <= settled }
        // After its own downtime the server does not know since when anybody is ready.
        host.readySince = since.max().flatMap { $0 - fleet.startedAt > fleet.grace * 2 ? $0 : nil }
        return host
    }
}

extension Ledger {
    /// How often the metrics of the slower of both versions are read.
    func scrapeInterval(_ plan: RolloutPlan) -> Period {
        if plan.flag != nil { return FlagMeasures.interval }
        let every = [plan.version, plan.previous].compactMap { version(plan.service, $0)?.run.metrics?.every }
        return every.max() ?? .seconds(5)
    }
}

extension VerdictEngine.Configuration {
    /// What follows from the plan, which never changes in this.
    init(_ plan: RolloutPlan, tick: Period, reserve: Double) {
        let planned = plan.waves.reduce(plan.watch) { $0 + $1.spec.bake.atMost }
        self.init(
            checks: plan.checks, falseRollbacks: plan.falseRollbacks,
            waves: plan.waves.count + (plan.watch > .zero ? 1 : 0), planned: max(.minutes(1), planned), tick: tick,
            control: plan.control == .restart, reserve: reserve)
    }
}

extension RolloutMachine {
    /// Whether its checks are read: the new version is somewhere, and there is one to compare it with.
    var isJudged: Bool {
        guard plan.previous != nil, !plan.checks.isEmpty else { return false }
        switch state.phase {
        case .waiting, .moving, .baking, .watching: return !state.released.isEmpty
        case .queued, .rollingBack, .done, .rolledBack, .cancelled: return false
        }
    }
}
