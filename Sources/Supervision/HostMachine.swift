public import Values
public import Wire

/// All services of a host: one machine each, and the epoch of what the server wants.
public struct HostMachine: Hashable, Codable, Sendable {
    /// The epoch of the newest desired state that was accepted; -1 before the first.
    public private(set) var epoch: Int64 = -1
    /// The life of the server's store that it came from; `nil` before the first that was named.
    public private(set) var generation: String?
    public private(set) var services: [String: ServiceMachine] = [:]

    public init(epoch: Int64 = -1, generation: String? = nil, services: [ServiceMachine] = []) {
        self.epoch = epoch
        self.generation = generation
        self.services = Dictionary(services.map { ($0.service, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What is to be done for one service.
    public struct Step: Hashable, Sendable {
        public var service: String
        public var actions: [ServiceAction]
    }

    public enum Refusal: Error, Hashable, Sendable {
        /// The desired state is older than the one that the agent works towards.
        case older(epoch: Int64, than: Int64)
        /// It comes from a store that was restored or made anew, and nobody said that it counts.
        case otherStore
    }

    /// Takes a desired state: the whole truth. Services that it does not mention are stopped.
    ///
    /// - Parameter firstInstance: answers the first unused instance number of a service that is new here.
    public mutating func accept(
        _ desired: DesiredState, at now: Timestamp, firstInstance: (String) -> Int = { _ in 1 }
    ) throws(Refusal) -> [Step] {
        if let generation, let offered = desired.generation, offered != generation {
            // However far its epochs have come meanwhile: they count something else.
            guard desired.isAccepted ?? false else { throw .otherStore }
        } else if desired.epoch < epoch {
            throw .older(epoch: desired.epoch, than: epoch)
        }
        epoch = desired.epoch
        generation = desired.generation ?? generation
        let wanted = Dictionary(desired.services.map { ($0.service, $0) }, uniquingKeysWith: { first, _ in first })
        for name in wanted.keys where services[name] == nil {
            services[name] = ServiceMachine(service: name, firstInstance: firstInstance(name))
        }
        return services.keys.sorted().map { name in step(name, .desired(wanted[name]), at: now) }
    }

    /// Gives an event to one service; a service that is not here is none of our business.
    public mutating func step(_ service: String, _ event: ServiceEvent, at now: Timestamp) -> Step {
        guard var machine = services[service] else { return Step(service: service, actions: []) }
        let actions = machine.step(event, at: now)
        services[service] = machine.isDone ? nil : machine
        return Step(service: service, actions: actions)
    }

    /// Gives an event to every service.
    public mutating func stepAll(_ event: ServiceEvent, at now: Timestamp) -> [Step] {
        services.keys.sorted().map { step($0, event, at: now) }
    }

    /// Takes in a service that runs although its machine was lost.
    public mutating func add(_ machine: ServiceMachine) {
        if services[machine.service] == nil { services[machine.service] = machine }
    }

    public func nextWake(after now: Timestamp) -> Timestamp? {
        services.values.compactMap { $0.nextWake(after: now) }.min()
    }
}
