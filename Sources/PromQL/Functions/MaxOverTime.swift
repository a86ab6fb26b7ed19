import Series

extension Function {
    static let maxOverTime = Function(
        name: "max_over_time", parameters: [.matrix], result: .vector,
        usage: "max_over_time(x[5m])",
        documentation: "The greatest of all samples in the range."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { samples, _ in greatest(samples.map(\.value)) }
    }
}
