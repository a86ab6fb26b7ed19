import Documents
import Rehearsal
import Specs
import Values

/// What a rehearsal of a service found out.
struct RehearsalAnswer: Codable {
    struct Wave: Codable {
        var name: String
        var hosts: Int
        var bake: Bake
    }

    struct Traffic: Codable {
        var check: String
        var perSecond: Double
        var bad: Double?
    }

    struct Suggestion: Codable {
        var isEnough: Bool
        var detectWithin: Period
        var plan: PlanSpec
        var checks: [CheckSpec]?
        var found: [Found]
        /// The shares of rollouts of a change that is no worse that are rolled back, and held for a person.
        var goodRolledBack: Double
        var goodHeld: Double
    }

    struct Found: Codable {
        var regression: String
        var share: Double
    }

    var service: String
    var plan: String?
    var hosts: Int
    var holdout: Int
    var waves: [Wave]
    var tick: Period
    var stretches: Int
    /// How much of the past was replayed, all stretches together.
    var past: Period
    var traffic: [Traffic]
    var skipped: [String]
    /// The first one is of a change that is no worse.
    var results: [RehearsalResult] = []
    var suggestion: Suggestion?

    init(service: String, plan: String?, _ recording: Recording, _ rehearsed: RehearsedPlan, skipped: [String]) {
        self.service = service
        self.plan = plan
        hosts = rehearsed.hosts
        holdout = rehearsed.holdout
        waves = rehearsed.waves.map { Wave(name: $0.name, hosts: $0.hosts, bake: $0.bake) }
        tick = recording.tick
        stretches = recording.stretches.count
        past = recording.length
        traffic = recording.checks.enumerated().compactMap { index, check in
            recording.average(index).map { Traffic(check: check.name, perSecond: $0.total, bad: $0.bad) }
        }
        self.skipped = skipped
    }

    mutating func suggest(_ rehearsal: Rehearsal, _ regressions: [Regression], _ time: Period, rollouts: Int) {
        guard let found = rehearsal.suggestion(for: regressions, within: time, rollouts: rollouts) else { return }
        suggestion = Suggestion(
            isEnough: found.isEnough, detectWithin: time, plan: found.plan,
            checks: found.checks == rehearsal.recording.checks ? nil : found.checks,
            found: zip(regressions, found.found).map { Found(regression: $0.text, share: $1) },
            goodRolledBack: found.stopped.rolledBack, goodHeld: found.stopped.held)
    }

    // MARK: For people

    func lines(_ style: TextStyle) -> [String] {
        var details = Details()
        details.add("Service", service, .bold)
        details.add("Plan", plan)
        details.add(
            "Waves", waves.map { "\($0.name) (\(counted($0.hosts, "host")), bake \($0.bake))" }.joined(separator: ", "))
        details.add("Held out", holdout > 0 ? counted(holdout, "host") : nil)
        let pieces = stretches == 1 ? "one stretch" : "\(stretches) stretches"
        let isShort = past < waves.reduce(Period.zero) { $0 + $1.bake.atMost }
        details.add(
            "Past",
            "\(briefly(past)) in \(pieces), in ticks of \(tick)"
                + (isShort ? "; shorter than a rollout, so it is replayed again and again" : ""))
        for check in traffic {
            let bad =
                check.bad.map { check.perSecond > 0 ? ", \(percentage($0 / check.perSecond)) of them bad" : "" } ?? ""
            details.add("Check \(check.check)", "\(number(check.perSecond)) a second\(bad)")
        }
        details.add("What would happen", table)
        if let worst = slowest { details.add("In which wave", worst) }
        if results.contains(where: { $0.badServed != nil }) {
            details.add(
                "Bad answers",
                "what failed at hosts with the change; of a slower change, what took longer than 99 of 100 did before")
        }
        details.add("Not rehearsed", skipped)
        return details.lines(style) + suggestionLines(style)
    }

    private var table: Table {
        var table = Table(
            [
                .init("change", flexible: true), .init("rolled back", right: true), .init("held", right: true),
                .init("through", right: true), .init("found after", right: true), .init("9 of 10", right: true),
                .init("bad answers", right: true),
            ], whenEmpty: "nothing")
        for result in results {
            table.add(
                result.regression ?? "no worse", percentage(result.caught), percentage(result.held),
                percentage(result.promoted), time(result.regression == nil ? nil : result.medianSeconds),
                time(result.regression == nil ? nil : result.slowSeconds), number(result.badServed))
        }
        return table
    }

    /// Where the regressions were found: a column for each wave.
    private var slowest: Table? {
        guard waves.count > 1, results.count > 1 else { return nil }
        var table = Table(
            [.init("change", flexible: true)] + waves.map { .init($0.name, right: true) }, whenEmpty: "nothing")
        for result in results.dropFirst() {
            table.add(
                [StyledText(result.regression ?? "")] + result.caughtIn.map { StyledText(percentage($0.share)) })
        }
        return table
    }

    private func time(_ seconds: Double?) -> String {
        seconds.map { briefly(Period(milliseconds: Int64($0 * 1000))) } ?? "-"
    }

    private func suggestionLines(_ style: TextStyle) -> [String] {
        guard let suggestion else { return [] }
        let found = suggestion.found.map { "\($0.regression) \(percentage($0.share))" }.joined(separator: ", ")
        var lines = [
            "",
            suggestion.isEnough
                ? "With this plan they would be found within \(suggestion.detectWithin) (\(found)):"
                : "No plan that was tried finds them within \(suggestion.detectWithin) in nine of ten and lets good changes "
                    + "through; this one comes nearest (\(found)). More time, or a larger regression, is what helps:",
            "A change that is no worse would be rolled back in \(percentage(suggestion.goodRolledBack)) and held in "
                + "\(percentage(suggestion.goodHeld)) of its rollouts.",
            "",
        ]
        var document: [(key: String, value: Node?)] = []
        if let checks = suggestion.checks { document.append(("checks", .sequence(checks.map(\.documentNode)))) }
        document.append(("plan", suggestion.plan.documentNode))
        lines += YAMLWriter.write(.mapping(document)).split(separator: "\n").map { "  \($0)" }
        return lines
    }
}
