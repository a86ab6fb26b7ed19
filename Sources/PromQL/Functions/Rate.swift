import Values

extension Function {
    static let rate = Function(
        name: "rate", parameters: [.matrix], result: .vector,
        usage: "rate(counter[5m])",
        documentation: "How much a counter rises a second, averaged over the range and stretched to its ends."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { samples, range in
            extrapolatedChange(samples, range, isCounter: true).map { $0 / (range.through - range.after).seconds }
        }
    }
}
