import Series

extension Function {
    static let stddevOverTime = Function(
        name: "stddev_over_time", parameters: [.matrix], result: .vector,
        usage: "stddev_over_time(x[5m])",
        documentation: "The standard deviation of all samples in the range."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { samples, _ in variance(samples.map(\.value)).squareRoot() }
    }
}
