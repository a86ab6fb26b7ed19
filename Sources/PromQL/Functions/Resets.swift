import Series

extension Function {
    static let resets = Function(
        name: "resets", parameters: [.matrix], result: .vector,
        usage: "resets(counter[5m])",
        documentation: "How often a counter fell within the range."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { samples, _ in
            Double(zip(samples, samples.dropFirst()).count { $1.value < $0.value })
        }
    }
}
