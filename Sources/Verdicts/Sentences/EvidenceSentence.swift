public import Specs

/// What a check has seen and what follows from it, in one sentence that a person can read out in an incident call:
/// `canary 1.9% of 4,210 requests bad, baseline 0.5% of 38,002: 3.8 times as many (2.6 to 5.5 with 95% confidence);
/// evidence 310 to 1, a rollback needs 200 to 1`.
public struct EvidenceSentence: Hashable, Sendable, CustomStringConvertible {
    private let reading: Reading
    private let words: Words
    /// In the check's own words, where counts alone do not say what was measured.
    private let seen: String?

    /// What the counts of a check are called.
    private struct Words: Hashable {
        var events = "events"
        var bad = "bad"
        var more = "times as many"
        /// The total is an exposure (seconds, or other events), not a number of which some are bad.
        var exposure: String?
    }

    /// - Parameters:
    ///   - check: names what is counted; without it, events are bad ones among all.
    ///   - seen: what was measured, for a check of which counts do not say it.
    public init(_ reading: Reading, of check: CheckSpec? = nil, seen: String = "") {
        self.reading = reading
        self.seen = check?.kind.isCounted ?? true ? nil : seen
        words = check.map(EvidenceSentence.words) ?? Words()
    }

    /// Without the check's name. A reading without evidence says its own reason.
    public var description: String {
        guard let evidence = reading.evidence, !reading.lacksData else { return reading.reason }
        return opening(evidence) + "; " + conclusion(evidence)
    }

    private static func words(_ check: CheckSpec) -> Words {
        func name(_ selector: String) -> String { selector.contains("request") ? "requests" : "events" }
        switch check.kind {
        case .ratio(_, let total), .peers(_, let total), .slo(_, let total, _): return Words(events: name(total))
        case .latency(let histogram): return Words(events: name(histogram), more: "times as long")
        case .rate(_, let per):
            let exposure = per.map { "for each of the \(name($0))" } ?? "a second on each host"
            return Words(exposure: exposure)
        case .gauge: return Words(more: "times as much")
        case .web: return Words(events: "calls", bad: "failed")
        case .guardrail: return Words()
        }
    }

    // MARK: What was seen

    private func opening(_ evidence: Evidence) -> String {
        if let seen {
            return evidence.effect.map { "\(seen); \(bounds($0)) \(words.more) \(confidence($0))" } ?? seen
        }
        let counts = [("canary", reading.canary), ("baseline", reading.baseline)].compactMap { name, count in
            count.map { "\(name) \(text($0, isFirst: name == "canary"))" }
        }
        // A check without counts says in its own words what it has measured.
        let seen = counts.isEmpty ? reading.reason : counts.joined(separator: ", ")
        guard let effect = evidence.effect else { return seen }
        return "\(seen): \(text(effect))"
    }

    private func text(_ count: CohortCount, isFirst: Bool) -> String {
        if let exposure = words.exposure {
            return "\(count.ratio.map(numberText) ?? "nothing") \(exposure) (\(countText(count.bad)) in all)"
        }
        guard let ratio = count.ratio else { return "no \(words.events)" }
        let events = isFirst ? " \(words.events) \(words.bad)" : ""
        return "\(percentText(ratio)) of \(countText(count.total))\(events)"
    }

    private func text(_ effect: Evidence.Effect) -> String {
        guard effect.ratio.isFinite else { return "more (\(bounds(effect)) \(words.more) \(confidence(effect)))" }
        return "\(factorText(effect.ratio)) \(words.more) (\(bounds(effect)) \(confidence(effect)))"
    }

    private func bounds(_ effect: Evidence.Effect) -> String {
        effect.upper.map { "\(factorText(effect.lower)) to \(factorText($0))" }
            ?? "at least \(factorText(effect.lower))"
    }

    private func confidence(_ effect: Evidence.Effect) -> String {
        "with \(percentText(effect.confidence)) confidence"
    }

    // MARK: What follows

    private func conclusion(_ evidence: Evidence) -> String {
        switch reading.verdict {
        case .fail:
            return evidence.log < evidence.threshold
                ? "evidence \(Odds(log: evidence.log)), which is enough together with the other checks"
                : "\(against(evidence)), a rollback needs \(Odds(log: evidence.threshold))"
        case .pass: return excluded(evidence) ?? "nothing speaks for a regression"
        case .undecided: return open(evidence)
        }
    }

    private func against(_ evidence: Evidence) -> String {
        evidence.log > 0.1 ? "evidence \(Odds(log: evidence.log))" : "no evidence of a regression"
    }

    private func excluded(_ evidence: Evidence) -> String? {
        guard let proof = evidence.proof, let needed = evidence.proofThreshold else { return nil }
        return "\(worse(evidence)) is excluded, \(Odds(log: proof)) (\(Odds(log: needed)) was needed)"
    }

    /// The regression that a pass excludes.
    private func worse(_ evidence: Evidence) -> String {
        evidence.excludes.map { "\(factorText($0)) \(words.more) or more" } ?? "a regression"
    }

    private func open(_ evidence: Evidence) -> String {
        var text = "\(against(evidence)), a rollback needs \(Odds(log: evidence.threshold))"
        if let proof = evidence.proof, let needed = evidence.proofThreshold {
            text += "; that \(worse(evidence)) is excluded stands at \(Odds(log: proof)) of \(Odds(log: needed))"
        }
        text += "; not decided"
        guard let seconds = evidence.expectedSeconds, seconds.isFinite, seconds >= 0 else { return text }
        return text + ", about \(durationText(seconds)) more at this traffic"
    }
}

extension CheckSpec.Kind {
    /// Whether its counts say what was measured.
    fileprivate var isCounted: Bool {
        switch self {
        case .ratio, .rate, .web: return true
        case .latency, .gauge, .slo, .peers, .guardrail: return false
        }
    }

    /// What its values are.
    var scale: ReadingScale? {
        switch self {
        case .ratio, .slo, .peers, .web: return .share
        case .rate: return .rate
        case .latency, .gauge: return .factor
        case .guardrail: return nil
        }
    }
}
