import ArgumentParser
import Values

struct RehearseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse",
        abstract: "Say how soon a bad change would be caught, from a service's own past; or judge a recorded trace.",
        usage: """
            halcyon rehearse <service> [<options>]
                   halcyon rehearse --trace <file> --checks <file> [<options>]
            """,
        discussion: """
            With a service, its recorded metrics are replayed through its plan, by the engine that judges real rollouts: once \
            with a change that is no worse, and once for each regression. The answer says how likely and how soon each would be \
            rolled back, in which wave, how many bad answers it would have given until then, and how often a good change would \
            be stopped. With --detect-within it looks for a plan by which all of them are found in that time. Nothing is changed.

            A regression is errors=x3 (three times as many), errors=2% (of all requests), crash (all of them), latency=+25%, \
            rate=x2, or the same with the name of a check.

            A trace is a CSV file with a line per tick, cohort, zone and host: trace,t,cohort,zone,host,requests,errors,le_… \
            It is judged by the same engine as a rollout. Every decision is written, trace by trace: a pass when it was \
            proven, a fail, which ends the trace, and undecided for a trace that ends without either. No server is asked. \
            A trace of a past rollout is written by 'halcyon rollout export'.

            EXAMPLES:
              halcyon rehearse storefront
              halcyon rehearse storefront --regression errors=x3,latency=+25% --history 7d
              halcyon rehearse storefront --plan careful --regression errors=x2 --detect-within 5m
              halcyon rollout export storefront-3 --trace incident.csv --checks checks.yaml
              halcyon rehearse --trace incident.csv --checks checks.yaml
              zcat traces.csv.gz | halcyon rehearse --trace - --checks checks.yaml -o json
            """)

    @Argument(help: "The service whose past is replayed.")
    var service: String?

    @Option(help: ArgumentHelp("A plan in place of the service's own.", valueName: "name"))
    var plan: String?

    @Option(
        help: ArgumentHelp(
            "What a change does worse, for example errors=x3,latency=+25% (default: the usual ones).",
            valueName: "sizes"))
    var regression: String?

    @Option(help: ArgumentHelp("How far back the past is looked at.", valueName: "duration"))
    var history: Period = .hours(24)

    @Option(help: ArgumentHelp("Look for a plan by which they are found in this time.", valueName: "duration"))
    var detectWithin: Period?

    @Option(help: ArgumentHelp("How many rollouts are rehearsed for each line of the answer.", valueName: "count"))
    var rollouts = 200

    @Option(help: ArgumentHelp("Where chance begins; the same seed gives the same answer.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp("A trace, or - for the standard input.", valueName: "file"),
        completion: .file(extensions: ["csv"]))
    var trace: String?

    @Option(
        help: ArgumentHelp(
            "A trace's checks: a file with 'checks' (and 'plan'), or a service's document.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var checks: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        switch (service, trace) {
        case (nil, nil):
            throw ValidationError("Name a service, for example 'halcyon rehearse storefront', or a trace with --trace.")
        case (_?, _?): throw ValidationError("A service or a trace: --trace judges the file alone.")
        case (nil, _?):
            if checks == nil { throw ValidationError("--trace needs --checks, which says what is judged.") }
        case (_?, nil):
            if checks != nil { throw ValidationError("--checks belongs to --trace; a service has its own checks.") }
        }
        if !(1...100_000).contains(rollouts) { throw ValidationError("--rollouts must be from 1 to 100000.") }
        if history < .minutes(1) { throw ValidationError("--history must be at least 1m.") }
        if let detectWithin, detectWithin < .seconds(10) {
            throw ValidationError("--detect-within must be at least 10s.")
        }
    }

    func run() async throws {
        if let trace, let checks {
            return try await TraceRehearsal(trace: trace, checks: checks, output: output).run()
        }
        let rehearsal = ServiceRehearsal(
            service: service ?? "", plan: plan, regression: regression, history: history, detectWithin: detectWithin,
            rollouts: rollouts, seed: seed)
        let answer = try await connection.withClient { try await rehearsal.run($0) }
        try output.show(Presentation(answer) { answer.lines($0) })
    }
}
