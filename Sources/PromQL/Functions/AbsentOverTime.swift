extension Function {
    static let absentOverTime = Function(
        name: "absent_over_time", parameters: [.matrix], result: .vector,
        usage: "absent_over_time(x[5m])",
        documentation:
            "1, with the labels that the selector demands, when no series has a sample in the range; else nothing."
    ) { call throws(PromQLError) in
        guard call.range(0).series.isEmpty else { return .vector([]) }
        return .vector([Element(labels: demandedLabels(call.expressions[0]), value: 1)])
    }
}
