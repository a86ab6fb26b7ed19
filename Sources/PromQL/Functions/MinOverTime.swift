import Series

extension Function {
    static let minOverTime = Function(
        name: "min_over_time", parameters: [.matrix], result: .vector,
        usage: "min_over_time(x[5m])",
        documentation: "The least of all samples in the range."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { samples, _ in least(samples.map(\.value)) }
    }
}
