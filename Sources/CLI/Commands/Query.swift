import ArgumentParser
import Values

struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Evaluate a PromQL expression: a table, or with --range a chart.",
        usage: "halcyon query <expression> [<options>]",
        discussion: """
            Without --range the expression is evaluated at one time, now or --at. With --range it is evaluated at every step \
            of a stretch of time that ends there: a terminal shows a chart, anything else gets a row for each value.

            EXAMPLES:
              halcyon query up
              halcyon query 'sum by (version) (rate(http_requests_total[1m]))'
              halcyon query 'up == 0' --at 2026-11-23T12:00:00Z
              halcyon query 'rate(http_requests_total[1m])' --range 1h --step 15s
              halcyon query 'rate(http_requests_total[1m])' --range 6h -o json
            """)

    @Argument(help: "What to evaluate, in PromQL.")
    var expression: String

    @Option(
        help: ArgumentHelp(
            "When: RFC 3339, or seconds since 1970 (default: now).", valueName: "time"))
    var at: String?

    @Option(help: ArgumentHelp("How far back, for example 1h.", valueName: "duration"))
    var range: Period?

    @Option(
        help: ArgumentHelp("How far apart with --range (default: so that a chart fits).", valueName: "duration"))
    var step: Period?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if step != nil, range == nil { throw ValidationError("--step needs --range, which says how far back.") }
        if let range, range <= .zero { throw ValidationError("--range must be longer than nothing.") }
        if let step, step <= .zero { throw ValidationError("--step must be longer than nothing.") }
        if let at, time(at) == nil {
            throw ValidationError(
                "--at '\(at)' is no time; write it as 2026-11-23T12:00:00Z, or in seconds since 1970.")
        }
    }

    private func time(_ text: String) -> Timestamp? {
        if let time = Timestamp(text) { return time }
        guard let seconds = Double(text), abs(seconds) < 1e14 else { return nil }
        return Timestamp(milliseconds: Int64((seconds * 1000).rounded()))
    }

    func run() async throws {
        let end = at.flatMap(time) ?? Console.current.now()
        do {
            let answer = try await connection.withClient { try await ask($0, end) }
            for warning in (answer.warnings ?? []) + (answer.infos ?? []) { Console.current.complain(warning) }
            try output.show(
                Presentation(answer.data) { style in
                    guard let range else { return QueryTable.lines(answer.data, style) }
                    guard style.isTerminal else { return QueryTable.rows(answer.data, style) }
                    return QueryChart(answer.data, from: end - range, through: end, style).lines()
                })
        } catch let refused as QueryRefused {
            throw refused.failure(in: expression)
        }
    }

    private func ask(_ client: APIClient, _ end: Timestamp) async throws -> APIClient.Answered<MetricsAnswer> {
        func seconds(_ milliseconds: Int64) -> String { fixed(Double(milliseconds) / 1000, 3) }
        guard let range else {
            return try await client.metrics("query", ["query": expression, "time": seconds(end.milliseconds)])
        }
        let columns = Int64(Console.current.size()?.columns ?? 80) * 2
        let step = step ?? Period(milliseconds: max(1000, range.milliseconds / columns / 1000 * 1000))
        return try await client.metrics(
            "query_range",
            [
                "query": expression, "start": seconds(end.milliseconds - range.milliseconds),
                "end": seconds(end.milliseconds), "step": seconds(step.milliseconds),
            ])
    }
}
