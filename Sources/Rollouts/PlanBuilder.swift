public import Specs
import Values

/// A host that a plan may use.
public struct PlanHost: Hashable, Sendable {
    public var name: String
    public var labels: [String: String]

    public init(name: String, labels: [String: String]) {
        self.name = name
        self.labels = labels
    }
}

/// Why a plan cannot be made of these hosts.
public struct PlanError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field, for example `plan.waves[2].select`.
    public var path: String
    public var message: String

    public var description: String { "\(path): \(message)" }

    public init(path: String, message: String) {
        self.path = path
        self.message = message
    }
}

/// The hosts of a service in the order in which a change reaches them, cut into waves.
public struct WaveOrder: Hashable, Sendable {
    public var hosts: [String]
    public var waves: [PlannedWave]

    /// Chooses each wave's hosts: the same for the same fleet every time, and spread over regions.
    ///
    /// Within a region hosts are ordered by a stable hash of service and name; regions take turns, so that every share of
    /// the fleet holds about the same share of each region.
    /// - Throws: `PlanError` when the service has no host or a wave selects none.
    /// - Complexity: O(waves × hosts + hosts × log hosts).
    public init(service: ServiceSpec, fleet: [PlanHost]) throws(PlanError) {
        let eligible = fleet.filter { service.select.matches($0.labels) }
        guard !eligible.isEmpty else {
            let which = service.select.isEmpty ? "no host has joined" : "no host has the labels \(service.select)"
            throw PlanError(path: "select", message: "\(which); \(fleet.count) hosts are known")
        }
        let order = WaveOrder.spread(eligible, service: service.name)
        var taken: Set<String> = []
        (hosts, waves) = ([], [])
        for (index, wave) in service.plan.waves.enumerated() {
            let candidates = order.filter { wave.select.matches($0.labels) }
            guard !candidates.isEmpty else {
                throw PlanError(
                    path: "plan.waves[\(index)].select",
                    message:
                        "wave \(wave.name) selects no host: none of the service's \(order.count) hosts has \(wave.select)"
                )
            }
            let present = candidates.filter { taken.contains($0.name) }.count
            let wanted = wave.hosts.roundedUp(of: candidates.count)
            let chosen = candidates.filter { !taken.contains($0.name) }.prefix(max(0, wanted - present))
            waves.append(PlannedWave(spec: wave, members: hosts.count..<hosts.count + chosen.count))
            hosts += chosen.map(\.name)
            taken.formUnion(chosen.map(\.name))
        }
        guard hosts.count == order.count else {
            throw PlanError(
                path: "plan.waves",
                message: "the waves reach \(hosts.count) of \(order.count) hosts; add a last wave with hosts: 100%")
        }
        keepHoldout(service.plan.holdout(of: hosts.count))
    }

    /// The name of the wave that is made of hosts that were kept without the change.
    public static let holdoutName = "hold-out"

    /// The last hosts of the last wave get the change when that has baked: until then they are what it is compared with.
    private mutating func keepHoldout(_ count: Int) {
        guard let last = waves.last, last.spec.bake.atMost > .zero, count > 0, count < last.members.count else {
            return
        }
        var spec = last.spec
        spec.name = WaveOrder.holdoutName
        (spec.bake, spec.gate, spec.timeWindow) = (.zero, nil, [])
        let cut = last.members.upperBound - count
        waves[waves.count - 1].members = last.members.lowerBound..<cut
        waves.append(PlannedWave(spec: spec, members: cut..<last.members.upperBound))
    }

    private static func spread(_ hosts: [PlanHost], service: String) -> [PlanHost] {
        let keyed = hosts.map { (key: stableHash(service, $0.name), host: $0) }
            .sorted { ($0.key, $0.host.name) < ($1.key, $1.host.name) }
        let regions = Dictionary(grouping: keyed) { $0.host.labels["region"] ?? "" }
        // A host's turn is its place within its region, as a share of it: small regions are spread over the whole order.
        let turns = regions.flatMap { region, members in
            members.enumerated().map { place, member in
                (
                    turn: (Double(place) + 0.5) / Double(members.count), region: stableHash(service, region),
                    member: member
                )
            }
        }
        return turns.sorted { ($0.turn, $0.region, $0.member.key) < ($1.turn, $1.region, $1.member.key) }
            .map(\.member.host)
    }
}
