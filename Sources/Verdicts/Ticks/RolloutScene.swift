public import Specs
public import Values

/// A rollout as its judge looks at it.
public struct RolloutScene: Sendable {
    /// A host of the rollout.
    public struct Host: Hashable, Sendable {
        /// As its metrics are labelled.
        public var name: String
        /// A number that stays its own: its place in the plan.
        public var number: Int
        /// What hosts have in common that matters, for example `zone/type`; empty when nothing is known.
        public var stratum: String
        /// Which side it is counted on.
        public var cohort: Cohort
        /// The version whose samples count for it.
        public var version: String
        /// Whether it serves this version now.
        public var serves = false
        /// Whether it has for long enough to have been scraped.
        public var isExpected: Bool
        /// When what runs on it was first seen ready, as far as that is known.
        public var readySince: Timestamp?

        public init(
            name: String, number: Int, stratum: String = "", cohort: Cohort, version: String, isExpected: Bool = false,
            readySince: Timestamp? = nil
        ) {
            (self.name, self.number, self.stratum, self.cohort) = (name, number, stratum, cohort)
            (self.version, self.isExpected, self.readySince) = (version, isExpected, readySince)
        }
    }

    /// The variants of a flag that are compared.
    public struct Variants: Hashable, Sendable {
        /// How their series are told apart.
        public var cohorts: CohortSelector
        /// The new variant.
        public var canary: String
        /// The variant before.
        public var baseline: String
        /// Whether somebody is given the variant before.
        public var isConcurrent: Bool

        public init(cohorts: CohortSelector, canary: String, baseline: String, isConcurrent: Bool) {
            (self.cohorts, self.canary, self.baseline) = (cohorts, canary, baseline)
            self.isConcurrent = isConcurrent
        }
    }

    /// `nil` for a service, whose hosts are compared.
    public var variants: Variants?
    /// The service that is looked at; of a flag, the subject of its rollouts.
    public var service: String
    /// The version before the change; empty when the hosts keep theirs, because the change is another service's.
    public var previous: String
    /// Every host of the plan; none for a flag.
    public var hosts: [Host]
    /// Which wave has begun last; -1 for the watch after all of them.
    public var wave: Int
    /// When the hosts of the first wave began to change.
    public var began: Timestamp
    /// When it is looked at.
    public var now: Timestamp
    /// How often the metrics of an instance are read.
    public var interval: Period
    /// By check: the baseline's events as this rollout has recorded them.
    public var earlier: [String: CohortCount]
    /// When the last hosts so far were given the change, as far as that is known.
    public var changedAt: Timestamp?
    /// Only what was measured since then counts: another change was at work on the same hosts.
    public var anewSince: Timestamp?
    /// What becomes of a regression once nobody has the version before any more. Hosts that keep their version, because the change is
    /// another service's, have nothing but the time before to be compared with.
    public var withoutBaseline: WithoutBaselinePolicy

    public init(
        service: String, previous: String, hosts: [Host], wave: Int, began: Timestamp, now: Timestamp,
        interval: Period, earlier: [String: CohortCount] = [:]
    ) {
        (self.service, self.previous, self.hosts) = (service, previous, hosts)
        (self.wave, self.began, self.now, self.interval) = (wave, began, now, interval)
        self.earlier = earlier
        withoutBaseline = previous.isEmpty ? .rollback : .hold
    }

    /// Whether somebody still has the version before.
    public var hasBaseline: Bool { variants?.isConcurrent ?? hosts.contains { $0.cohort != .canary } }

    /// Whether the hosts keep their version, because the change is another service's.
    var isComparedWithBefore: Bool { variants == nil && previous.isEmpty }

    /// Whether anybody has the change, and says so.
    public var hasCanary: Bool { variants != nil || hosts.contains { $0.cohort == .canary && $0.serves } }
}

extension RolloutScene.Host {
    fileprivate var stratumNumber: Int {
        stratum.isEmpty ? TickScene.noStratum : Int(stableHash(stratum) >> 16)
    }
}

extension RolloutScene {
    /// The hosts at the end of a stretch.
    func tickHosts(at time: Timestamp, _ scrapes: Scrapes) -> [TickHost] {
        let isStratified = sharesAStratum
        return hosts.map { host in
            var found = TickHost(
                name: host.name, version: host.version,
                place: HostPlace(
                    host: host.number, stratum: isStratified ? host.stratumNumber : TickScene.noStratum,
                    cohort: host.cohort))
            found.isExpected = host.isExpected
            if let age = age(host, found, at: time, scrapes) { found.place.age = age }
            return found
        }
    }

    /// Before the change every host has the version before.
    func hostsBefore() -> [TickHost] {
        hosts.map { host in
            TickHost(
                name: host.name, version: previous.isEmpty ? host.version : previous,
                place: HostPlace(host: host.number, stratum: host.stratumNumber, cohort: .baseline))
        }
    }

    /// The younger of what its scrapes say and what its agent has reported.
    private func age(_ host: Host, _ found: TickHost, at time: Timestamp, _ scrapes: Scrapes) -> Period? {
        let shown = scrapes.age(found, at: time, interval: interval)
        let reported = host.readySince.map { max(.zero, time - $0) }
        guard let shown, let reported else { return shown ?? reported }
        return min(shown, reported)
    }

    private var sharesAStratum: Bool {
        hosts.lazy.filter(\.isExpected)
            .map { HostPlace(host: $0.number, stratum: $0.stratumNumber, cohort: $0.cohort) }.sharesAStratum
    }
}
