public import Values

/// A change on its way, as far as it matters to who is to blame for a regression.
public struct ChangeInFlight: Hashable, Sendable {
    /// Who has the change by now.
    public enum Reach: Hashable, Sendable {
        /// These hosts, of all those that run the service.
        case hosts(Set<String>, of: Set<String>)
        /// A share of targeting keys, drawn without regard to hosts.
        case keys
    }

    /// The rollout's identifier.
    public var rollout: String
    /// What it changes, for people: `service shop` or `flag new-checkout`.
    public var subject: String
    /// The services whose own behaviour it changes: the service itself, or those that evaluate the flag.
    public var services: Set<String>
    /// When it reached its first host or user.
    public var since: Timestamp
    public var reach: Reach

    public init(rollout: String, subject: String, services: Set<String>, since: Timestamp, reach: Reach) {
        self.rollout = rollout
        self.subject = subject
        self.services = services
        self.since = since
        self.reach = reach
    }
}

/// A check of a service that got worse, with what speaks for and against the changes in flight.
public struct SeenRegression: Hashable, Sendable {
    public var service: String
    public var check: String
    /// When it began, as far as that is known; else when it was seen.
    public var since: Timestamp
    /// What the check says when it is split by a rollout's own cohorts, by rollout; a rollout that it cannot be split by
    /// (that of a service which this one calls) is not there. Without any, the check is only known to be worse than before.
    public var splits: [String: Split]
    /// Whether there is ten times the evidence that a rollback takes: whoever it is, somebody must go back.
    public var isClear: Bool

    public enum Split: Hashable, Sendable {
        /// The canary is worse than the baseline.
        case worse
        /// A regression of the canary is excluded.
        case alike
        case undecided
    }

    public init(
        service: String, check: String, since: Timestamp, splits: [String: Split] = [:], isClear: Bool = false
    ) {
        self.service = service
        self.check = check
        self.since = since
        self.splits = splits
        self.isClear = isClear
    }
}

/// Every change in flight, and which service calls which.
public struct ChangeLedger: Hashable, Sendable {
    /// In the order of their rollouts.
    public let changes: [ChangeInFlight]
    /// By change, every service that can feel it: its own, and those that depend on them, however indirectly.
    private let feltBy: [String: Set<String>]

    /// - Parameter dependsOn: By service, those that it calls; cycles are allowed.
    /// - Complexity: O(changes × dependencies).
    public init(_ changes: [ChangeInFlight], dependsOn: [String: [String]] = [:]) {
        var callers: [String: [String]] = [:]
        for (caller, called) in dependsOn { for service in called { callers[service, default: []].append(caller) } }
        self.changes = changes.sorted { $0.rollout < $1.rollout }
        var feltBy: [String: Set<String>] = [:]
        for change in changes {
            var (felt, open) = (change.services, Array(change.services))
            while let service = open.popLast() {
                for caller in callers[service] ?? [] where felt.insert(caller).inserted { open.append(caller) }
            }
            feltBy[change.rollout] = felt
        }
        self.feltBy = feltBy
    }

    public subscript(rollout: String) -> ChangeInFlight? { changes.first { $0.rollout == rollout } }

    /// Whether a service's checks can feel a change.
    func isFelt(_ change: ChangeInFlight, by service: String) -> Bool {
        feltBy[change.rollout]?.contains(service) ?? false
    }

    /// Whether some service can feel both.
    func touch(_ one: ChangeInFlight, _ other: ChangeInFlight) -> Bool {
        !(feltBy[one.rollout] ?? []).isDisjoint(with: feltBy[other.rollout] ?? [])
    }
}

extension ChangeInFlight {
    /// Whether `other` is so much more among this change's canary than among its baseline that it could be what their split
    /// shows. Keys are drawn without regard to hosts and to other keys, so only hosts can coincide.
    ///
    /// - Complexity: O(hosts).
    func coincides(with other: ChangeInFlight) -> Bool {
        guard case .hosts(let canary, let all) = reach, case .hosts(let otherCanary, _) = other.reach else {
            return false
        }
        let baseline = all.subtracting(canary)
        guard !canary.isEmpty, !baseline.isEmpty else { return false }
        func share(of hosts: Set<String>) -> Double {
            Double(hosts.intersection(otherCanary).count) / Double(hosts.count)
        }
        return share(of: canary) - share(of: baseline) >= ChangeInFlight.coincidence
    }

    /// With a smaller difference, the other change would have to be several times worse to look like this one.
    private static let coincidence = 0.25
}
