import ArgumentParser
import HTTPAPI
import Values
import Wire

/// How much queries for metrics may take.
struct QueryOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A query may take so long.", valueName: "time"))
    var queryTimeout = "2m"

    @Option(help: ArgumentHelp("So many queries are evaluated at once; the others wait.", valueName: "number"))
    var queryMaxConcurrency = 10

    @Option(help: ArgumentHelp("How many samples one query may hold in memory.", valueName: "number"))
    var queryMaxSamples = 50_000_000

    @Option(help: ArgumentHelp("A sample stands for its series for so long.", valueName: "time"))
    var queryLookbackDelta = "5m"

    /// - Throws: `Problem` when one is wrong.
    func serving() throws(Problem) -> QueryServing {
        guard (1...1000).contains(queryMaxConcurrency) else {
            throw Problem(.invalid, "--query-max-concurrency is a number from 1 to 1000, not \(queryMaxConcurrency)")
        }
        guard (1...Int(Int32.max)).contains(queryMaxSamples) else {
            throw Problem(.invalid, "--query-max-samples is a number from 1 to \(Int32.max), not \(queryMaxSamples)")
        }
        return QueryServing(
            concurrency: queryMaxConcurrency, timeout: try milliseconds("--query-timeout", queryTimeout),
            samples: queryMaxSamples, allSamples: 2 * queryMaxSamples,
            lookback: try milliseconds("--query-lookback-delta", queryLookbackDelta))
    }

    private func milliseconds(_ option: String, _ text: String) throws(Problem) -> Int64 {
        guard let period = Period(text), period > .zero else {
            throw Problem(.invalid, "\(option) is a time such as 30s or 5m, not '\(text)'")
        }
        return period.milliseconds
    }
}
