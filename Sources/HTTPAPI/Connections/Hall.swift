import Logging
import NIOCore
import Ports

/// What all connections of a server share.
final class Hall: Sendable {
    let gateway: any AgentGateway
    let gate: Gate
    /// `nil` when this server answers no flags.
    let desk: FlagDesk?
    /// `nil` when this server keeps no metrics.
    let metrics: MetricsDesk?
    let samples: SampleLane
    let hub: EventHub
    let flagStreams = FlagStreams()
    let counters: ServerCounters
    let isTLS: Bool
    /// Put on every answer that does not have its own.
    let securityHeaders: [(String, String)]
    let colds: ColdConnections
    private let arrivals: AsyncStream<ColdConnections.Value>.Continuation

    init(
        gate: Gate, desk: FlagDesk?, metrics: MetricsDesk? = nil, hub: EventHub, counters: ServerCounters, isTLS: Bool,
        colds: ColdConnections,
        arrivals: AsyncStream<ColdConnections.Value>.Continuation
    ) {
        self.gateway = gate.gateway
        self.gate = gate
        self.desk = desk
        self.metrics = metrics
        samples = SampleLane(gate.gateway)
        self.hub = hub
        self.counters = counters
        self.isTLS = isTLS
        self.colds = colds
        self.arrivals = arrivals
        securityHeaders =
            [
                ("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer"),
                ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
                ("cache-control", "no-store"), ("cross-origin-resource-policy", "same-origin"),
            ] + (isTLS ? [("strict-transport-security", "max-age=31536000")] : [])
    }

    /// Builds Hummingbird's machinery onto a connection and has it served. Called on the connection's event loop.
    func welcome(_ channel: any Channel) throws {
        let value = try colds.wrap(channel)
        if case .terminated = arrivals.yield(value) { throw ChannelError.ioOnClosedChannel }
    }
}
