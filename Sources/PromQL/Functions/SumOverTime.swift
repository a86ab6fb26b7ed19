import Series

extension Function {
    static let sumOverTime = Function(
        name: "sum_over_time", parameters: [.matrix], result: .vector,
        usage: "sum_over_time(x[5m])",
        documentation: "The sum of all samples in the range."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { samples, _ in accurateSum(samples.map(\.value)) }
    }
}
