import PromQL
import Series
import Specs
import Values

/// A host of a rollout, as a tick sees it.
struct TickHost: Hashable, Sendable {
    var name: String
    /// The version whose samples count for it.
    var version: String
    var place: HostPlace
    /// Whether it has been there for long enough to have been scraped.
    var isExpected = true
}

/// Whom a tick is of, and of which stretch of time.
struct TickScene {
    var service: String
    /// Empty for a flag: whoever measures its variants is found by what he sends.
    var hosts: [TickHost]
    /// The variants of a flag; `nil` for the versions of a service.
    var variants: RolloutScene.Variants?
    /// Events after this count…
    var after: Timestamp
    /// …and up to this.
    var through: Timestamp
    /// Guardrails and gauges are looked at as they are now.
    var now: Timestamp
    /// How often the metrics of an instance are read.
    var interval: Period
    var startsWave = false
    var isBefore = false
    /// By check: what the baseline did earlier in the rollout, when nobody has its version any more.
    var earlier: [String: CohortCount] = [:]
    /// By check: how long things took before the change.
    var durationsBefore: [String: EarlierDurations] = [:]
    /// Whether the hosts are compared with themselves, before the change of a service that theirs depends on.
    var isComparedWithBefore = false
    /// When the last hosts so far were given the change.
    var changedAt: Timestamp?
    var withoutBaseline = WithoutBaselinePolicy.hold
    /// By check: the buckets of native histograms so far.
    var layouts: [String: BucketLayout] = [:]
    var scrapes: Scrapes

    /// How far back a counter's sample may lie that an increase begins with.
    var reach: Period { staleAfter + staleAfter }

    var staleAfter: Period { interval * 3 + .seconds(2) }

    var length: Period { through - after }

    /// Whether nobody has the version before any more.
    var isAlone: Bool {
        !isBefore && variants?.isConcurrent != true && hosts(.baseline).isEmpty && hosts(.control).isEmpty
    }

    func hosts(_ cohort: Cohort) -> [TickHost] { hosts.filter { $0.place.cohort == cohort } }

    /// Whether somebody of a cohort should show something.
    func expects(_ cohort: Cohort) -> Bool {
        !isBefore && hosts.contains { $0.place.cohort == cohort && $0.isExpected }
    }

    /// The hosts that may have rows, given those that something was found of.
    func sources(_ found: some Sequence<HostVersion>) -> [TickHost] {
        guard let variants else { return hosts }
        return found.sorted { ($0.version, $0.host) < ($1.version, $1.host) }.map { source in
            TickHost(
                name: source.host, version: source.version,
                place: HostPlace(
                    host: Int(stableHash(source.host) >> 16), stratum: TickScene.noStratum,
                    cohort: source.version == variants.canary ? .canary : .baseline))
        }
    }

    /// Series that count for a cohort.
    struct Selection {
        var matchers: [LabelMatcher]
        /// The label that tells apart what the cohort consists of.
        var source: String
        /// The variant; `nil` where a label of the series names the version.
        var variant: String?
    }

    func selections(_ matchers: [LabelMatcher]) -> [Selection] {
        guard let variants else {
            return [Selection(matchers: matchers + [LabelMatcher("service", .equal, service)], source: "host")]
        }
        let cohorts = variants.cohorts
        return [(Cohort.canary, variants.canary), (.baseline, variants.baseline)].compactMap { cohort, variant in
            cohorts.matchers(cohort, selecting: matchers).map {
                Selection(matchers: $0, source: cohorts.source(of: matchers), variant: variant)
            }
        }
    }
}

/// Why there is nothing to judge by.
struct DataProblem: Error {
    var reason: String
}

/// A host with the version whose samples count.
struct HostVersion: Hashable {
    var host: String
    var version: String
}
