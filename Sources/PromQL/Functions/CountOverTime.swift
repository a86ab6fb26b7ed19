extension Function {
    static let countOverTime = Function(
        name: "count_over_time", parameters: [.matrix], result: .vector,
        usage: "count_over_time(x[5m])",
        documentation: "How many samples there are in the range."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { samples, _ in Double(samples.count) }
    }
}
