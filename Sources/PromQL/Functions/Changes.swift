import Series

extension Function {
    static let changes = Function(
        name: "changes", parameters: [.matrix], result: .vector,
        usage: "changes(gauge[5m])",
        documentation: "How often the value changed within the range."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { samples, _ in
            Double(
                zip(samples, samples.dropFirst()).count { before, after in
                    before.value != after.value && !(before.value.isNaN && after.value.isNaN)
                })
        }
    }
}
