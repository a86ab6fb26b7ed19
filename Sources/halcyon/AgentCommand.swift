import Agent
import ArgumentParser
import FoundationEssentials
import Logging
import ServiceLifecycle
import Specs
import UnixSignals
import Values
import Wire

struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Run the agent of this host.",
        discussion: """
            The agent starts, watches and replaces the services that the server wants on this host. Stopping or killing it
            stops no service: the next agent takes over what runs. One agent a host, one name an agent.

            EXAMPLES:
              halcyon agent --server http://127.0.0.1:8080 --name web-1 --label region=eu --label zone=a
              halcyon agent --server https://halcyon.example.com:8080 --name web-1 --address 10.0.0.7 \\
                  --join-token-file /etc/halcyon/join-token --ca-cert /etc/halcyon/ca.pem
              halcyon agent --server http://127.0.0.1:8080 --name web-1 --scrape-config /etc/prometheus/prometheus.yml
            """)

    @Option(help: ArgumentHelp("The control plane.", valueName: "url"))
    var server: String

    @Option(help: ArgumentHelp("The host's name.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("The address that services listen on, ${ADDRESS} in documents.", valueName: "ip"))
    var address = "127.0.0.1"

    @Option(help: ArgumentHelp("A label of the host; may be repeated.", valueName: "key=value"))
    var label: [String] = []

    @Option(help: ArgumentHelp("Where the agent keeps artefacts, logs and its state.", valueName: "folder"))
    var data: String = Defaults.dataFolder("agent")

    @Option(
        help: ArgumentHelp(
            "Lets the agent join; needed once. Better in a file: others can read arguments.", valueName: "token"))
    var joinToken: String?

    @Option(help: ArgumentHelp("A file that holds the join token.", valueName: "file"))
    var joinTokenFile: String?

    @Option(help: ArgumentHelp("Certificates that the server's is checked against, PEM.", valueName: "file"))
    var caCert: String?

    @Option(
        help: ArgumentHelp(
            "How much disk unpacked artefacts may take. Those used longest ago go first; what runs or is kept for a rollback stays.",
            valueName: "size"))
    var artefactQuota = "5GiB"

    @Option(
        help: ArgumentHelp(
            """
            What to scrape beside the services: a file with scrape_configs as Prometheus has them, with static_configs and \
            file_sd_configs. Read again when it changes, and on SIGHUP; a broken one changes nothing.
            """, valueName: "file"))
    var scrapeConfig: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning or error.", valueName: "level"))
    var logLevel = "notice"

    func run() async throws {
        var logger = try makeLogger(label: "agent", level: logLevel)
        logger[metadataKey: "host"] = "\(name)"
        guard isValidName(name) else {
            throw Problem(.invalid, "'\(name)' is not a host name: letters, digits, '.', '_' and '-', at most 63")
        }
        guard let quota = ByteSize(artefactQuota) else {
            throw Problem(
                .invalid, "--artefact-quota '\(artefactQuota)' is not a size",
                hint: "Write a number with a unit: B, KiB, MiB, GiB, TiB, KB, MB, GB or TB, as in 5GiB.")
        }
        let configuration = AgentConfiguration(
            server: server, host: name, address: address, labels: try labels(), dataFolder: absolutePath(data),
            joinToken: joinToken, joinTokenFile: joinTokenFile.map(absolutePath),
            caCertificate: caCert.map(absolutePath),
            release: Release.current, artefactQuota: quota, scrapeConfiguration: scrapeConfig.map(absolutePath))
        let (reloads, reload) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        var services: [any Service] = [AgentService(configuration, reloads: reloads, logger: logger)]
        if scrapeConfig != nil { services.append(HangUps(reload: reload)) }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await group.run()
        } catch let problem as AgentProblem {
            throw Problem(.unavailable, problem.description)
        }
    }

    private func labels() throws -> [String: String] {
        var result: [String: String] = [:]
        for text in label {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw Problem(.invalid, "--label '\(text)' is not KEY=VALUE")
            }
            let key = String(text[..<equals])
            guard result.updateValue(String(text[text.index(after: equals)...]), forKey: key) == nil else {
                throw Problem(.invalid, "--label \(key) is given twice")
            }
        }
        return result
    }
}

/// Has files read again on SIGHUP.
private struct HangUps: Service {
    let reload: AsyncStream<Void>.Continuation

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown { for await _ in signals { reload.yield() } }
        reload.finish()
    }
}
