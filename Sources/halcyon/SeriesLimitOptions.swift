import ArgumentParser
import MetricsStore
import Wire

/// How many series there may be, and of whom.
struct SeriesLimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("So many series there may be at once; new ones are refused then.", valueName: "number"))
    var metricsMaxSeries = 2_000_000

    @Option(
        help: ArgumentHelp(
            "So many series may have the same value of a label at once, such as service=50000; may be repeated.",
            valueName: "label=number"))
    var metricsSeriesLimit: [String] = []

    /// - Throws: `Problem` when one is wrong.
    func apply(to options: inout StoreOptions) throws(Problem) {
        guard (1...100_000_000).contains(metricsMaxSeries) else {
            throw Problem(.invalid, "--metrics-max-series is a number from 1 to 100000000, not \(metricsMaxSeries)")
        }
        options.maximumSeries = metricsMaxSeries
        for limit in metricsSeriesLimit {
            let parts = limit.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let number = Int(parts[1]), number > 0 else {
                throw Problem(
                    .invalid, "--metrics-series-limit is a label and a number such as service=50000, not '\(limit)'")
            }
            options.seriesLimits[String(parts[0])] = number
        }
    }
}
