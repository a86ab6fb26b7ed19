import Values

/// How one kind of change would have fared.
public struct RehearsalResult: Hashable, Codable, Sendable {
    /// As it was asked for; `nil` for a change that is no worse.
    public var regression: String?
    /// How many were rehearsed.
    public var rollouts: Int
    /// The share of all rollouts, 0 through 1, that was rolled back.
    public var caught: Double
    /// The share that was held for a person.
    public var held: Double
    /// The share that reached everybody.
    public var promoted: Double
    /// By wave, the share of all rollouts that were rolled back in it.
    public var caughtIn: [WaveShare]
    /// Seconds from the first host with the change to the rollback: half of those caught took no longer.
    public var medianSeconds: Double?
    /// Nine of ten of those caught took no longer, in seconds.
    public var slowSeconds: Double?
    /// Bad answers of hosts with the change until the rollback, the median of those caught; for latency all their answers.
    public var badServed: Double?
    /// Seconds until everybody had the change, the median of those that went through.
    public var promotedSeconds: Double?

    /// What was caught in one wave.
    public struct WaveShare: Hashable, Codable, Sendable {
        /// The wave's name.
        public var wave: String
        /// Of all rollouts, 0 through 1.
        public var share: Double

        public init(wave: String, share: Double) {
            self.wave = wave
            self.share = share
        }
    }
}

/// Lets a plan run over a service's own past, again and again: with changes that are no worse, and with such as are.
public struct Rehearsal: Sendable {
    /// What is rehearsed.
    public var plan: RehearsedPlan
    /// The past that it is set into.
    public var recording: Recording
    /// The same seed gives the same result.
    public var seed: UInt64

    /// - Precondition: the recording has a stretch, and the plan a wave.
    public init(plan: RehearsedPlan, recording: Recording, seed: UInt64 = 1) {
        self.plan = plan
        self.recording = recording
        self.seed = seed
    }

    /// Rehearses a change so often.
    ///
    /// - Parameters:
    ///   - regression: what the change does worse; `nil` for nothing.
    ///   - progress: told after every rollout.
    /// - Complexity: O(rollouts × ticks × blocks of hosts × checks).
    public func result(
        of regression: Regression?, rollouts: Int, progress: (_ done: Int) -> Void = { _ in }
    ) -> RehearsalResult {
        let rehearsed = RehearsedRollout(plan, recording, regression)
        var outcomes: [RehearsedRollout.Outcome] = []
        for index in 0..<rollouts {
            outcomes.append(rehearsed.run(seed: seed &* 0x1_0000_0001 &+ UInt64(index)))
            progress(index + 1)
        }
        return summary(outcomes, regression)
    }

    private func summary(_ outcomes: [RehearsedRollout.Outcome], _ regression: Regression?) -> RehearsalResult {
        let all = Double(max(1, outcomes.count))
        func share(_ isCounted: (RehearsedRollout.Ending) -> Bool) -> Double {
            Double(outcomes.count { isCounted($0.ending) }) / all
        }
        let caught = outcomes.filter { if case .caught = $0.ending { true } else { false } }
        let through = outcomes.filter { $0.ending == .promoted }
        return RehearsalResult(
            regression: regression?.text, rollouts: outcomes.count, caught: Double(caught.count) / all,
            held: share { if case .held = $0 { true } else { false } }, promoted: Double(through.count) / all,
            caughtIn: plan.waves.enumerated().map { index, wave in
                RehearsalResult.WaveShare(wave: wave.name, share: share { $0 == .caught(wave: index) })
            },
            medianSeconds: quantile(0.5, caught.map(\.after.seconds)),
            slowSeconds: quantile(0.9, caught.map(\.after.seconds)),
            badServed: regression == nil ? nil : quantile(0.5, caught.map(\.served.bad)),
            promotedSeconds: quantile(0.5, through.map(\.after.seconds)))
    }
}

/// The smallest value that so large a share of the values does not exceed; `nil` without values.
private func quantile(_ share: Double, _ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let place = Int((Double(values.count) * share).rounded(.up)) - 1
    return values.sorted()[max(0, min(place, values.count - 1))]
}
