extension Function {
    static let presentOverTime = Function(
        name: "present_over_time", parameters: [.matrix], result: .vector,
        usage: "present_over_time(x[5m])",
        documentation: "1 for every series that has a sample in the range."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { _, _ in 1 }
    }
}
