import ArgumentParser

struct MetricsCommandGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "See what the stored metrics consist of, and copy them.",
        discussion: """
            EXAMPLES:
              halcyon metrics top
              halcyon metrics top --limit 30
              halcyon metrics snapshot
            """,
        subcommands: [MetricsTopCommand.self, MetricsSnapshotCommand.self])
}

struct MetricsTopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show which metrics and labels take the most series.",
        usage: "halcyon metrics top [<options>]",
        discussion: """
            Only series that got samples lately are counted. A label with very many values, such as a user or a request, makes \
            as many series and should not be one. Who had more series than the server allows is named last, with the samples that were \
            refused since the server started.

            EXAMPLES:
              halcyon metrics top
              halcyon metrics top --limit 30 -o json
            """)

    @Option(help: ArgumentHelp("How many of each.", valueName: "count"))
    var limit = 10

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if !(1...10_000).contains(limit) { throw ValidationError("--limit is a number from 1 to 10000, not \(limit).") }
    }

    func run() async throws {
        do {
            let answer: APIClient.Answered<CardinalityAnswer> = try await connection.withClient {
                try await $0.metrics("status/tsdb?limit=\(limit)")
            }
            try output.show(Presentation(answer.data) { lines(answer.data, $0) })
        } catch let refused as QueryRefused {
            throw refused.failure(in: "")
        }
    }

    private func lines(_ answer: CardinalityAnswer, _ style: TextStyle) -> [String] {
        let (series, all) = (answer.headStats.numSeries, style)
        var lines = [StyledText("\(grouped(Double(series))) series", .bold).text(colour: all.colour)]
        guard series > 0 else { return lines }
        for (title, counts, entries) in [
            ("metric", "series", answer.seriesCountByMetricName),
            ("label", "values", answer.labelValueCountByLabelName),
            ("label and value", "series", answer.seriesCountByLabelValuePair),
            ("over its limit", "samples refused", answer.samplesOverLimitBySource ?? []),
        ] where !entries.isEmpty {
            let isShare = counts == "series"
            var table = Table(
                [.init(title, flexible: true), .init(counts, right: true)]
                    + (isShare ? [.init("share", right: true)] : []), whenEmpty: "")
            for entry in entries {
                let cells = [entry.name, grouped(Double(entry.value))]
                let share = isShare ? [percentage(Double(entry.value) / Double(series))] : []
                table.add((cells + share).map { StyledText($0) })
            }
            lines += [""] + table.lines(style)
        }
        return lines
    }
}
