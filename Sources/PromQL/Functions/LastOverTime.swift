import Series

extension Function {
    static let lastOverTime = Function(
        name: "last_over_time", parameters: [.matrix], result: .vector,
        usage: "last_over_time(x[5m])",
        documentation: "The newest sample in the range, with its name."
    ) { call throws(PromQLError) in
        call.mapSeries(0, keepingName: true) { samples, _ in samples.last?.value }
    }
}
