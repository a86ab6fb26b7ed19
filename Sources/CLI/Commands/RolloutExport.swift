import ArgumentParser
import Documents
import Glibc
import Specs
import Values
import Verdicts
import Wire

struct RolloutExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write what the hosts of a rollout counted as a trace, to judge it again.",
        usage: "halcyon rollout export <rollout> --trace <file> [<options>]",
        discussion: """
            The trace is a CSV file as 'halcyon rehearse --trace' reads it: a line for each tick and host, t seconds since the first \
            host was told to take the new version, up to when hosts began to go back. --checks writes the rollout's checks in terms of \
            the trace's columns, with what its plan says of how they are judged. The counts are those that were recorded: they are \
            there for as long as the server keeps metrics.

            EXAMPLES:
              halcyon rollout export storefront-3 --trace incident.csv --checks checks.yaml
              halcyon rehearse --trace incident.csv --checks checks.yaml
              halcyon rollout export storefront --trace - | gzip > incident.csv.gz
            """)

    @OptionGroup var target: RolloutArgument

    @Option(
        help: ArgumentHelp("Where the trace is written, or - for the standard output.", valueName: "file"),
        completion: .file(extensions: ["csv"]))
    var trace: String

    @Option(
        help: ArgumentHelp("Where its checks are written.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var checks: String?

    @Option(help: ArgumentHelp("How much of the time before the change is in the trace.", valueName: "duration"))
    var before: Period = .minutes(10)

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if before > .hours(24) { throw ValidationError("--before must be at most 24h.") }
        if checks == "-" { throw ValidationError("--checks is a file: the standard output is the trace's.") }
    }

    func run() async throws {
        try await connection.withClient { client in
            let rollout = try await client.rollout(target.rollout)
            let zones = try await client.hosts().map { host in
                (
                    host.name,
                    [host.labels["zone"], host.labels["instance_type"]].compactMap(\.self).joined(separator: "/")
                )
            }
            let span = try RolloutSpan(
                rollout, try await client.history(rollout.id), zones: Dictionary(zones) { $1 },
                now: Console.current.now())
            let columns = TraceColumns(rollout.checks ?? [])
            guard !columns.sources.isEmpty else {
                throw CommandFailure.failed(
                    "\(rollout.id) has no check that counts events: there is nothing to judge"
                        + (columns.skipped.isEmpty ? "" : " (\(columns.skipped.joined(separator: "; ")))"))
            }
            let spec = try await client.service(rollout.service).spec
            let written = try await write(rollout, span, columns, every: spec.run.metrics?.every, client)
            if let checks { try save(document(rollout, span, columns), checks) }
            for sentence in columns.skipped { Console.current.complain("not exported: \(sentence)") }
            report("\(rollout.id): \(written).")
        }
    }

    /// Ticks as a verdict needs them: of several scrapes, and not too many.
    private func write(
        _ rollout: RolloutView, _ span: RolloutSpan, _ columns: TraceColumns, every: Period?, _ client: APIClient
    ) async throws -> String {
        let length = span.ended - span.began
        let tick = max(.seconds(10), (every ?? .seconds(5)) * 2, .seconds(length.milliseconds / 1000 / 720))
        let after = max(1, Int((length.milliseconds + tick.milliseconds - 1) / tick.milliseconds))
        let earlier = Int(before.milliseconds / tick.milliseconds)
        let grid = TickGrid(end: span.began + tick * Int64(after), tick: tick, count: earlier + after, scale: 1)
        let measures = RolloutMeasures(client: client, service: rollout.service, grid: grid, before: earlier)
        let (lines, canary, others) = try await RolloutTrace(span, columns.sources, measures).lines()
        guard canary > 0, others > 0 else {
            let who =
                canary + others == 0
                ? "any host" : canary == 0 ? "a host with \(span.version)" : "a host with \(span.previous)"
            throw CommandFailure.failed(
                "nothing is recorded of what \(who) of \(rollout.service) counted from \(span.began) to \(span.ended): metrics are "
                    + "kept for a time only (halcyon server --metrics-retention), and hosts without traffic count nothing"
            )
        }
        try save(lines.joined(separator: "\n") + "\n", trace)
        return "\(counted(lines.count - 1, "line")) of \(counted(span.hosts.count, "host")) in ticks of \(tick)"
    }

    /// The rollout's checks, in terms of the trace's columns, and its plan.
    private func document(_ rollout: RolloutView, _ span: RolloutSpan, _ columns: TraceColumns) -> String {
        var hosts = 0
        let waves = rollout.waves.map { wave in
            hosts += wave.hosts.count
            return WaveSpec(name: wave.name, hosts: .count(max(1, hosts)), bake: Bake(wave.bake)).documentNode
        }
        let chance = rollout.budget.map { Percentage($0.chance * 100) } ?? PlanSpec().falseRollbacks
        return YAMLWriter.write(
            .mapping([
                ("checks", .sequence(columns.checks.map(\.documentNode))),
                (
                    "plan",
                    .mapping([
                        ("falseRollbacks", .string("\(chance)")),
                        (
                            "control",
                            .string(span.hasControls ? ControlMode.restart.rawValue : ControlMode.none.rawValue)
                        ),
                        ("waves", .sequence(waves)),
                    ])
                ),
            ]))
    }

    private func save(_ text: String, _ path: String) throws {
        guard path != "-" else { return Console.current.write(text) }
        let part = path + ".part"
        guard let file = fopen(part, "we") else { throw systemFailure("cannot write \(part)") }
        let bytes = Array(text.utf8)
        let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
        guard fclose(file) == 0, isWritten, rename(part, path) == 0 else { throw systemFailure("cannot write \(path)") }
    }

    private func report(_ sentence: String) {
        if trace == "-" { Console.current.complain(sentence) } else { Console.current.print(sentence) }
    }
}
