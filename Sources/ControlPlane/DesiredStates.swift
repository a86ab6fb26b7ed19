import Ports
import Rollouts
import Specs
import Values
import Wire

/// What follows for one service on one host. With the ledger it says everything that the host is to be told.
enum TargetChoice: UInt8, Hashable, Sendable {
    /// The service is not meant for the host, and nothing of it is there.
    case nothing
    /// The host has it and should not.
    case stop
    /// What the rollout in flight brings.
    case new
    /// What was there before the rollout in flight.
    case previous
    /// The same, by an instance that is started anew.
    case previousAnew
    /// What the latest rollout brought; the version before it stays on disk until the next one.
    case settled
    /// What a host runs that joined after the plan was made.
    case newcomer
}

/// What a host should run, in the fewest words: hosts with equal targets are told the same bytes.
struct HostTarget: Hashable, Sendable {
    /// By service, in the order of their names.
    var choices: [TargetChoice] = []
    /// Services that the host says it has and nobody knows any more.
    var unknown: [String] = []
}

/// Desired state is a function of the ledger and the host: this is it.
///
/// What it looks up in the ledger is looked up once for all hosts, and what it says is encoded once for each target.
struct TargetTable: Sendable {
    /// What is said of a target, without the epoch, and with it.
    final class Message: Sendable {
        let told: [UInt8]
        let data: [UInt8]

        init(told: [UInt8], data: [UInt8]) {
            self.told = told
            self.data = data
        }
    }

    private struct Row: Sendable {
        var service: String
        var select: LabelSelector
        /// The rollout in flight.
        var machine: RolloutMachine?
        /// The hosts' places in the plan of the rollout in flight, or of the latest when it still counts.
        var places: [String: Int]

        var isInFlight: Bool { machine != nil }

        func choice(_ place: Int) -> TargetChoice {
            guard let state = machine?.state else { return .previous }
            if state.target(host: place) == .new { return .new }
            return state.restart(host: place) == nil ? .previous : .previousAnew
        }
    }

    private let ledger: Ledger
    private let epoch: Int64
    private let rows: [Row]
    private var messages: [HostTarget: Message] = [:]
    /// Most hosts are to hear what the one before them is to hear.
    private var last: (target: HostTarget, message: Message)?

    init(_ ledger: Ledger, epoch: Int64) {
        self.ledger = ledger
        self.epoch = epoch
        rows = ledger.services.values.sorted { $0.spec.name < $1.spec.name }.map { applied in
            let line = ledger.line(applied.spec.name)
            let machine = line.active.flatMap(ledger.machine)
            let latest = line.latest.flatMap { ledger.plans[$0] }.flatMap { $0.version == line.stable ? $0.id : nil }
            let counting = machine?.plan.id ?? latest
            return Row(
                service: applied.spec.name, select: applied.spec.select, machine: machine,
                places: counting.flatMap { ledger.places[$0] } ?? [:])
        }
    }

    /// - Parameter reported: What the host says it has; a service that nobody knows any more is to be stopped.
    func target(host: String, reported: [ServiceReport]) -> HostTarget {
        var target = HostTarget(choices: [])
        target.choices.reserveCapacity(rows.count)
        for row in rows.indices { target.choices.append(choice(row, host: host, reported: reported)) }
        for index in reported.indices where reported[index].state != .absent {
            let service = reported[index].service
            if !ledger.services.keys.contains(service) { target.unknown.append(service) }
        }
        if target.unknown.count > 1 { target.unknown = Set(target.unknown).sorted() }
        return target
    }

    private func choice(_ row: Int, host: String, reported: [ServiceReport]) -> TargetChoice {
        let place = rows[row].places[host]
        // A rollout in flight keeps the hosts of its plan; otherwise the service's own selector says who runs it.
        if let place, rows[row].isInFlight { return rows[row].choice(place) }
        if let labels = ledger.hosts[host]?.labels, rows[row].select.matches(labels) {
            return place == nil ? .newcomer : .settled
        }
        let isThere = reported.indices.contains {
            reported[$0].service == rows[row].service && reported[$0].state != .absent
        }
        return isThere ? .stop : .nothing
    }

    /// What is said to hosts with this target.
    mutating func message(_ target: HostTarget) -> Message {
        if let last, last.target == target { return last.message }
        let message = messages[target] ?? encode(target)
        messages[target] = message
        last = (target, message)
        return message
    }

    private func encode(_ target: HostTarget) -> Message {
        let services = services(target)
        return Message(
            told: Codec.encode(services),
            data: Codec.encode(
                DesiredState(
                    epoch: epoch, generation: ledger.generation?.identifier, isAccepted: ledger.generation?.isAccepted,
                    services: services)))
    }

    private func services(_ target: HostTarget) -> [DesiredService] {
        let known = zip(rows, target.choices).compactMap { desired($0, $1) }
        return known + target.unknown.map { DesiredService(service: $0, run: nil) }
    }

    private func desired(_ row: Row, _ choice: TargetChoice) -> DesiredService? {
        let line = ledger.line(row.service)
        let plan = row.machine?.plan ?? line.latest.flatMap { ledger.plans[$0] }
        let run: String?
        var fallback: String?
        var others: [String?] = []
        switch choice {
        case .nothing: return nil
        case .stop: return DesiredService(service: row.service, run: nil)
        case .new, .settled: (run, fallback) = (plan?.version, plan?.previous)
        case .previous, .previousAnew: (run, others) = (plan?.previous, [plan?.version])
        case .newcomer:
            run = row.machine.map { $0.version(at: nil) } ?? line.stable
        }
        var kept: Set<String> = []
        let keep = ([run, fallback, line.stable] + others).compactMap { $0 }.filter { kept.insert($0).inserted }
        var wanted = version(row, run)
        if choice == .previousAnew { wanted?.restart = row.machine?.state.waveSince?.milliseconds }
        return DesiredService(
            service: row.service, run: wanted, fallback: fallback == run ? nil : version(row, fallback),
            keep: keep.compactMap { version(row, $0) })
    }

    private func version(_ row: Row, _ name: String?) -> DesiredVersion? {
        guard let record = ledger.version(row.service, name) else { return nil }
        return DesiredVersion(
            version: record.version, artefact: record.artefact, run: record.run,
            attempt: ledger.line(row.service).attempts[record.version] ?? 0)
    }
}
