import Series

extension Function {
    static let avgOverTime = Function(
        name: "avg_over_time", parameters: [.matrix], result: .vector,
        usage: "avg_over_time(x[5m])",
        documentation: "The average of all samples in the range."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { samples, _ in mean(samples.map(\.value)) }
    }
}
