import Specs
import Values
import Verdicts

/// One rollout in a stretch of the past: the same engine and the same waves as a real one.
struct RehearsedRollout {
    enum Ending: Hashable {
        /// Rolled back in this wave.
        case caught(wave: Int)
        /// Undecided at the end of this wave's bake, and leaning to worse: a person is asked.
        case held(wave: Int)
        case promoted
    }

    struct Outcome: Hashable {
        var ending: Ending
        /// Since the first host had the change.
        var after: Period
        var served: Served
    }

    /// How much of the past an engine is shown before the change: the same as a real one gets to learn how hosts differ.
    static let before = Period.minutes(10)

    let plan: RehearsedPlan
    let recording: Recording
    /// One for each stretch of the past.
    private let splits: [CohortSplit]

    init(_ plan: RehearsedPlan, _ recording: Recording, _ regression: Regression?) {
        self.plan = plan
        self.recording = recording
        splits = recording.stretches.indices.map { CohortSplit(plan, recording, regression, stretch: $0) }
    }

    /// As that of a real rollout: those that are held out, and the watch, count as waves.
    private var engine: VerdictEngine {
        let waves = plan.waves.count + (plan.holdout > 0 ? 1 : 0) + (plan.watch > .zero ? 1 : 0)
        return VerdictEngine(
            VerdictEngine.Configuration(
                checks: recording.checks, falseRollbacks: plan.falseRollbacks, waves: waves,
                planned: max(.minutes(1), plan.longest + plan.watch), tick: recording.tick,
                control: plan.control == .restart))
    }

    /// - Parameter giveUpAfter: ends an undecided rollout then; `nil` for when its bakes have ended.
    func run(seed: UInt64, giveUpAfter: Period? = nil) -> Outcome {
        var dice = SeededGenerator(seed: seed)
        let chosen = Int(dice.next() % UInt64(recording.stretches.count))
        let split = splits[chosen]
        let length = max(1, recording.stretches[chosen].first?.count ?? 1)
        var state = Progress(engine: engine, blocks: split.blocks)
        let warming = Int(RehearsedRollout.before.milliseconds / max(1, recording.tick.milliseconds))
        for place in 0..<min(warming, length) {
            var nothing = Served()
            let samples = split.samples(at: place, state.standing, &dice, served: &nothing)
            state.observe(samples, recording.tick, isBefore: true)
        }
        state.start(0)
        var place = warming
        while true {
            place += 1
            for block in state.standing.indices {
                state.standing[block].age = state.standing[block].age + recording.tick
            }
            let samples = split.samples(at: place % length, state.standing, &dice, served: &state.served)
            state.observe(samples, recording.tick, isBefore: false)
            if let ending = step(&state) {
                return Outcome(ending: ending, after: state.elapsed, served: state.served)
            }
            if let giveUpAfter, state.elapsed >= giveUpAfter {
                return Outcome(ending: .held(wave: state.wave), after: state.elapsed, served: state.served)
            }
        }
    }

    /// What follows from the verdict: on to the next wave, the end, or another tick.
    private func step(_ state: inout Progress) -> Ending? {
        let verdict = state.engine.verdict
        if verdict == .fail { return .caught(wave: state.wave) }
        let bake = plan.waves[state.wave].bake
        let isProven = verdict == .pass && state.baked >= bake.atLeast
        guard isProven || state.baked >= bake.atMost else { return nil }
        if !isProven, state.isInDoubt(recording.checks) { return .held(wave: state.wave) }
        guard state.wave + 1 < plan.waves.count else { return .promoted }
        state.start(state.wave + 1)
        return nil
    }
}

/// Where a rehearsed rollout is.
private struct Progress {
    var engine: VerdictEngine
    var standing: [CohortSplit.Standing]
    var served = Served()
    var wave = 0
    var elapsed = Period.zero
    var baked = Period.zero
    private var ticks: Int64 = 0
    private var startsWave = false

    private let blocks: [RehearsedPlan.Block]

    init(engine: VerdictEngine, blocks: [RehearsedPlan.Block]) {
        self.engine = engine
        self.blocks = blocks
        standing = blocks.map { _ in CohortSplit.Standing() }
    }

    mutating func start(_ wave: Int) {
        self.wave = wave
        (baked, startsWave) = (.zero, true)
        for (index, block) in blocks.enumerated() {
            if block.wave == wave {
                standing[index] = CohortSplit.Standing(cohort: .canary, age: .zero)
            } else if block.controlOf == wave {
                standing[index] = CohortSplit.Standing(cohort: .control, age: .zero)
            }
        }
    }

    mutating func observe(_ samples: [CheckSample], _ length: Period, isBefore: Bool) {
        ticks += 1
        engine.observe(
            Tick(
                at: Timestamp(milliseconds: ticks * length.milliseconds), length: length, startsWave: startsWave,
                isBefore: isBefore, samples: samples))
        guard !isBefore else { return }
        startsWave = false
        elapsed = elapsed + length
        baked = baked + length
    }

    /// Whether a wave that is not proven good must not go on either: as a real one decides.
    func isInDoubt(_ checks: [CheckSpec]) -> Bool {
        let critical = Set(checks.filter(\.critical).map(\.name))
        return engine.distrust != nil
            || engine.readings.reasonForDoubt(critical: critical, budget: engine.budget) != nil
    }
}
