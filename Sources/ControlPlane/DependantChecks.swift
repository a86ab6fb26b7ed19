import FoundationEssentials
import Values
import Verdicts

/// What the checks of services say that depend on one that changes. Their hosts are not split by its cohorts: they are compared
/// with themselves, before the change.
struct DependantChecks: Sendable {
    /// The share of a rollout's chance of a false rollback that these checks have together.
    static let share = 0.1

    struct Key: Hashable, Sendable {
        var rollout: String
        var service: String
    }

    /// A check that fails.
    struct Failure: Sendable {
        var service: String
        var reading: Reading
        var since: Timestamp
    }

    private var judges: [Key: RolloutJudge] = [:]
    private var failures: [Key: [String: Failure]] = [:]

    func judge(_ key: Key) -> RolloutJudge? { judges[key] }

    /// - Parameter anewSince: since when the rollout's checks count anew; what was found before then counts for nothing.
    func failures(of rollout: String, anewSince: Timestamp?) -> [Failure] {
        failures.filter { $0.key.rollout == rollout && judges[$0.key]?.progress.anewSince == anewSince }.sorted {
            $0.key.service < $1.key.service
        }
        .flatMap { $0.value.values.sorted { $0.reading.check < $1.reading.check } }
    }

    /// By service: what is to be stored because it is other than what is.
    func news(
        of rollout: String, since stored: [String: EvidenceRecord.Dependant]
    ) -> [String: EvidenceRecord.Dependant] {
        var news: [String: EvidenceRecord.Dependant] = [:]
        for (key, judge) in judges where key.rollout == rollout && stored[key.service]?.progress != judge.progress {
            news[key.service] = EvidenceRecord.Dependant(
                progress: judge.progress, state: Data(judge.engine.state), chance: judge.configuration.falseRollbacks,
                failing: (failures[key] ?? [:]).mapValues(\.since))
        }
        return news
    }

    /// - Returns: whether other checks fail than before.
    mutating func take(_ looks: [DependantLook]) -> Bool {
        var isNew = false
        for look in looks where look.hasNews {
            let known = failures[look.key] ?? [:]
            // What fails at the first look did so before the change, for all that is known.
            let isFirst = judges[look.key] == nil && look.failing == nil
            judges[look.key] = look.judge
            var failing: [String: Failure] = [:]
            for reading in look.judge.engine.readings where reading.verdict == .fail && !reading.dryRun {
                let isMoment = reading.evidence == nil
                failing[reading.check] = Failure(
                    service: look.key.service, reading: reading,
                    since: known[reading.check]?.since ?? look.failing?[reading.check]
                        ?? (isMoment && isFirst ? Timestamp.epoch : look.scene.now))
            }
            isNew = isNew || Set(known.keys) != Set(failing.keys)
            failures[look.key] = failing.isEmpty ? nil : failing
        }
        return isNew
    }

    mutating func keep(_ isInFlight: (String) -> Bool) {
        judges = judges.filter { isInFlight($0.key.rollout) }
        failures = failures.filter { isInFlight($0.key.rollout) }
    }
}
