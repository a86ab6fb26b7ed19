extension Function {
    static let increase = Function(
        name: "increase", parameters: [.matrix], result: .vector,
        usage: "increase(counter[5m])",
        documentation: "How much a counter rises over the range, stretched to its ends."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { extrapolatedChange($0, $1, isCounter: true) }
    }
}
