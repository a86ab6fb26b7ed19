import Series

extension Function {
    static let quantileOverTime = Function(
        name: "quantile_over_time", parameters: [.scalar, .matrix], result: .vector,
        usage: "quantile_over_time(0.99, x[5m])",
        documentation: "The value below which the given share of all samples in the range lies."
    ) { call throws(PromQLError) in
        let share = call.number(0)
        return call.mapSeries(1) { samples, _ in quantile(share, samples.map(\.value)) }
    }
}
