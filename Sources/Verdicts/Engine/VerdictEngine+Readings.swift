import Specs
import Statistics
import Values

extension VerdictEngine {
    func reading(_ index: Int) -> Reading {
        let check = configuration.checks[index]
        if case .comparison(let reading) = evidence[index] {
            var reading =
                reading
                ?? Reading(check: check.name, verdict: .undecided, reason: problems[index] ?? "", lacksData: true)
            if let problem = problems[index] {
                reading = Reading(check: check.name, verdict: .undecided, reason: problem, lacksData: true)
            }
            reading.dryRun = check.dryRun
            return reading
        }
        let shown = shown(index)
        var reading = Reading(
            check: check.name, verdict: .undecided, reason: "", lacksData: problems[index] != nil, dryRun: check.dryRun,
            canary: shown.canary, baseline: shown.baseline, limit: shown.limit, value: shown.value,
            scale: check.kind.scale, evidence: evidence(of: index, shown: shown))
        reading.verdict = answer(index)
        reading.holds = reading.verdict == .undecided && problems[index] == nil && shown.holds
        let hold = reading.verdict == .undecided ? problems[index] ?? distrust ?? shown.hold : nil
        reading.reason = hold ?? EvidenceSentence(reading, of: check, seen: shown.sentence).description
        return reading
    }

    // MARK: The answer

    /// As the proof has grown so far, so it will go on.
    private func secondsLeft(_ shown: Shown) -> Double? {
        guard let proof = shown.proof, proof > 0.05, proof < Protections.proof, shown.judgedSeconds > 0 else {
            return nil
        }
        return (Protections.proof - proof) / (proof / shown.judgedSeconds)
    }

    private func evidence(of index: Int, shown: Shown) -> Evidence {
        let weight = configuration.checks[index].dryRun ? 1 : exponential(budget.threshold - threshold(index))
        return Evidence(
            log: evidence[index].log ?? 0, threshold: threshold(index), proof: shown.proof,
            proofThreshold: shown.proof == nil ? nil : Protections.proof,
            excludes: shown.proof == nil ? nil : shown.excluded, effect: shown.effect,
            parts: evidence[index].parts.map { Evidence.Part(name: $0.name, log: $0.log, weight: $0.weight * weight) },
            allowances: shown.allowances, expectedSeconds: secondsLeft(shown))
    }

    // MARK: What each kind shows

    /// A check's numbers for people.
    struct Shown {
        var canary: CohortCount?
        var baseline: CohortCount?
        var value: Double?
        var limit: Double?
        var effect: Evidence.Effect?
        var proof: Double?
        var excluded = Protections.excluded
        var judgedSeconds = 0.0
        var allowances: [String] = []
        /// Why it holds whatever the evidence says.
        var hold: String?
        /// Whether nobody new may get the change meanwhile.
        var holds = false
        var sentence = ""
    }

    private func shown(_ index: Int) -> Shown {
        var shown = kindShown(index)
        shown.proof = evidence[index].proof
        return shown
    }

    private func kindShown(_ index: Int) -> Shown {
        switch evidence[index] {
        case .events(let events): return shown(events.value, of: configuration.checks[index])
        case .durations(let durations): return shown(durations.value)
        case .objective(let objective): return shown(objective.value, of: configuration.checks[index])
        case .peers(let peers): return shown(peers.value)
        case .gauges(let gauges): return shown(gauges.value)
        case .comparison, .changing: return Shown()
        }
    }

    private func shown(_ events: EventsEvidence, of check: CheckSpec) -> Shown {
        var shown = Shown()
        shown.canary = events.canary
        shown.baseline = events.baseline
        shown.value = events.canary.ratio
        shown.limit = events.baseline.ratio.map { check.tolerate.limit(baseline: $0) }
        shown.excluded = events.excluded
        shown.judgedSeconds = events.judgedSeconds
        if let ratio = events.interval.estimate {
            let bounds = events.interval.bounds(chance: Protections.shownChance)
            shown.effect = Evidence.Effect(
                ratio: ratio, lower: bounds.lower, upper: bounds.upper.isFinite ? bounds.upper : nil,
                confidence: 1 - Protections.shownChance)
        }
        shown.allowances = allowances(events)
        shown.sentence = sentence(events, of: check)
        if events.canary.total <= 0 {
            shown.hold = "no \(noun(check)) of the canary yet"
        } else if events.baseline.total <= 0 {
            shown.hold = "there is no baseline to compare with"
        } else if !events.isEnough {
            shown.hold =
                shown.sentence
                + ": judged from \(countText(Double(events.configuration.minimumEvents))) of each cohort on"
        } else if events.recent.isIncident {
            shown.holds = true
            shown.hold =
                "an incident hits the baseline too (\(percentText(events.recent.rate)) bad, usually "
                + "\(percentText(events.recent.usual))): nothing is blamed or proven while it lasts"
        } else if events.judgedSeconds == 0 {
            shown.hold = shown.sentence + ": the canary is still warming up"
        }
        return shown
    }

    private func noun(_ check: CheckSpec) -> String {
        if case .rate = check.kind { return "events" }
        return "requests"
    }

    private func sentence(_ events: EventsEvidence, of check: CheckSpec) -> String {
        if case .rate = check.kind {
            return "canary \(rateText(events.canary)), baseline \(rateText(events.baseline))"
        }
        let canary = events.canary.ratio.map(percentText) ?? "?"
        let baseline = events.baseline.ratio.map(percentText) ?? "?"
        return "canary \(canary) of \(countText(events.canary.total)) bad, "
            + "baseline \(baseline) of \(countText(events.baseline.total))"
    }

    private func rateText(_ count: CohortCount) -> String {
        guard let rate = count.ratio else { return "nothing" }
        return "\(numberText(rate)) a second and host"
    }

    private func allowances(_ events: EventsEvidence) -> [String] {
        var texts: [String] = []
        let warmUp = Int(events.configuration.warmUp)
        if events.coldTotal > 0 {
            texts.append(
                "the first \(warmUp) s of each canary host count as a cold start (\(countText(events.coldTotal)) of "
                    + "\(countText(events.canary.total))): only a crash is told from them")
        }
        if events.allowance > 1.005 {
            texts.append(
                "hosts differ by themselves: the margin is \(numberText(events.allowance)) times as wide")
        }
        if events.dispersion.value > 1.05 {
            texts.append(
                "events come in bursts: the evidence is divided by \(numberText(events.dispersion.value))")
        }
        if events.aloneTicks > 0 {
            texts.append("hosts of a zone without a baseline of its own are left out there")
        }
        if events.configuration.control { texts.append("compared with controls that were restarted with the canary") }
        return texts
    }

    private func shown(_ durations: DurationsEvidence) -> Shown {
        var shown = Shown()
        shown.canary = durations.canary
        shown.baseline = durations.baseline
        shown.excluded = durations.excluded
        shown.judgedSeconds = durations.judgedSeconds
        shown.limit = exponential(durations.body.margin + durations.allowance)
        let information = durations.shown[1]
        if information > 0 {
            let typical = durations.shown[0] / information
            let slow = durations.shown[2] / durations.shown[3]
            shown.value = exponential(typical)
            shown.effect = durations.effect
            shown.sentence =
                "typical requests take \(factorText(typical)) as long as the baseline's, the slowest \(factorText(slow)) "
                + "(\(countText(durations.canary.total)) and \(countText(durations.baseline.total)) requests)"
        } else {
            shown.sentence =
                "\(countText(durations.canary.total)) requests of the canary, \(countText(durations.baseline.total)) "
                + "of the baseline"
        }
        if durations.isWarming {
            shown.allowances.append("young canary hosts count once their latency has stopped to fall")
        }
        if durations.allowance > 0.005 {
            shown.allowances.append(
                "hosts differ by themselves: \(percentText(exponential(durations.allowance) - 1)) more are allowed for"
            )
        }
        let wander = durations.wander
        if wander > 0.02 {
            shown.allowances.append(
                "the baseline's own latency wanders: one host may by \(percentText(exponential(wander) - 1))")
        }
        if durations.canary.total <= 0 {
            shown.hold = "no requests of the canary yet"
        } else if durations.baseline.total <= 0 {
            shown.hold = "there is no baseline to compare with"
        } else if durations.judgedSeconds == 0 {
            shown.hold = shown.sentence + ": the canary is still warming up"
        }
        return shown
    }

    private func factorText(_ log: Double) -> String { "\((exponential(log) * 100).rounded() / 100) times" }

    private func shown(_ objective: ObjectiveCheck, of check: CheckSpec) -> Shown {
        var shown = shown(objective.events, of: check)
        shown.limit = objective.objective
        let promised = percentText(objective.objective)
        shown.sentence += ", promised at most \(promised)"
        if objective.isShared(threshold: budget.threshold) {
            // The evidence outlives the incident by far: what happens now is told by the last half minute.
            let isNow = objective.events.recent.rate > objective.objective
            shown.holds = shown.holds || isNow
            shown.hold =
                shown.sentence + ": it \(isNow ? "is" : "was") missed, but by the baseline as well: an incident"
                + "\(isNow ? "" : " that is over"), not the change"
        }
        return shown
    }

    private func shown(_ peers: PeersEvidence) -> Shown {
        var shown = Shown()
        shown.judgedSeconds = peers.judgedSeconds
        guard let worst = peers.worst, let count = peers.hosts[worst]?.counts else {
            shown.hold = "a host needs others of its wave and zone to be compared with"
            return shown
        }
        let others = peers.hosts.filter { $0.key != worst }.map(\.value.counts)
        shown.canary = count
        shown.baseline = CohortCount(
            bad: others.reduce(0) { $0 + $1.bad }, total: others.reduce(0) { $0 + $1.total }, hosts: others.count)
        shown.value = count.ratio
        shown.sentence =
            "of \(peers.hosts.count) hosts the one least like the others has \(count.ratio.map(percentText) ?? "?") of "
            + "\(countText(count.total)) bad, the others \(shown.baseline?.ratio.map(percentText) ?? "?")"
        return shown
    }

    private func shown(_ gauges: GaugesEvidence) -> Shown {
        var shown = Shown()
        shown.judgedSeconds = gauges.judgedSeconds
        guard let difference = gauges.difference else {
            shown.hold = "no comparison of hosts yet: the first is after two minutes"
            return shown
        }
        shown.value = exponential(difference)
        shown.limit = gauges.configuration.tolerate.relative
        shown.excluded = max(1, gauges.configuration.tolerate.relative)
        shown.sentence =
            "canary hosts are at \(factorText(difference)) the baseline's (\(gauges.hosts.canary) and "
            + "\(gauges.hosts.baseline) hosts)"
        if gauges.hosts.canary < 3 {
            shown.allowances.append(
                "\(gauges.hosts.canary) canary hosts are few: a gauge of so few hosts holds rather than rolls back")
        }
        return shown
    }
}

extension DurationsEvidence {
    /// Of typical requests: the estimate and its always-valid interval (a normal mixture with what hosts wander added).
    var effect: Evidence.Effect? {
        guard shown[1] > 0 else { return nil }
        let centre = shown[0] / shown[1]
        let tuned = 2000.0
        let log = logarithm((shown[1] + tuned) / (tuned * Protections.shownChance * Protections.shownChance))
        let radius = ((shown[1] + tuned) * log).squareRoot() / shown[1] + 2 * Protections.leastWander
        return Evidence.Effect(
            ratio: exponential(centre), lower: exponential(centre - radius), upper: exponential(centre + radius),
            confidence: 1 - Protections.shownChance)
    }
}
