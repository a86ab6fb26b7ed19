import ArgumentParser
import Values
import Wire

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the server and its fleet are, and what needs a person.",
        usage: "halcyon status [<options>]",
        discussion: """
            EXAMPLES:
              halcyon status
              halcyon status -o json
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let (location, status, rollouts) = try await connection.withClient { client in
            (client.location, try await client.status(), try await client.rollouts(active: true))
        }
        try output.show(
            Presentation(status) { style in
                var details = Details()
                details.add("Server", "\(location.address) (from \(location.origin))")
                details.add("Release", status.release)
                details.add("Started", style.time(status.startedAt))
                details.add("Mode", status.dev ? "development: no tokens, this machine only" : nil, .caution)
                let areAllThere = status.connectedHosts == status.hosts
                details.add(
                    "Hosts", "\(status.connectedHosts) of \(status.hosts) connected", areAllThere ? .plain : .caution)
                details.add("Services", "\(status.services)")
                details.add("Store", "\(status.store), revision \(status.storeRevision)")
                if let metrics = status.metrics {
                    let size = ByteSize(bytes: Int64(metrics.blockBytes))
                    details.add("Metrics", "\(metrics.series) series; \(metrics.blocks) blocks, \(size)")
                    details.add("Metrics refused", metrics.problem, .caution)
                    details.add("Metrics read from", metrics.backend)
                    details.add("Backend", metrics.backendProblem, .caution)
                    for delivery in metrics.deliveries ?? [] {
                        details.add("Metrics sent to", delivery.summary, delivery.isFine ? .plain : .caution)
                    }
                }
                details.add("Rollouts in flight", "\(status.rolloutsInFlight)")
                if !rollouts.isEmpty { details.add("In flight", rolloutTable(rollouts, style)) }
                let waiting = rollouts.filter(\.needsPerson).map { "\($0.service) (\($0.id)): \($0.summary)" }
                details.add("Needs a person", waiting, .caution)
                return details.lines(style)
            })
    }
}

extension MetricsStatus.Delivery {
    fileprivate var isFine: Bool { problem == nil && dropped == 0 }

    fileprivate var summary: String {
        var parts = ["\(pending) samples wait"]
        if refused > 0 { parts.append("\(refused) were refused") }
        if dropped > 0 { parts.append("\(dropped) were dropped") }
        if let problem { parts.append(problem) }
        return "\(destination): " + parts.joined(separator: "; ")
    }
}
