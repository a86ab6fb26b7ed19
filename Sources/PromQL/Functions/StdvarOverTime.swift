import Series

extension Function {
    static let stdvarOverTime = Function(
        name: "stdvar_over_time", parameters: [.matrix], result: .vector,
        usage: "stdvar_over_time(x[5m])",
        documentation: "The variance of all samples in the range."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { samples, _ in variance(samples.map(\.value)) }
    }
}
