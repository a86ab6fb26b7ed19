extension Function {
    static let delta = Function(
        name: "delta", parameters: [.matrix], result: .vector,
        usage: "delta(gauge[5m])",
        documentation: "How much a gauge changes over the range, stretched to its ends."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { extrapolatedChange($0, $1, isCounter: false) }
    }
}
