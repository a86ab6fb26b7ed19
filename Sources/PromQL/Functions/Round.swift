extension Function {
    static let round = Function(
        name: "round", parameters: [.vector, .scalar],
        optional: 1, result: .vector,
        usage: "round(x, to_nearest)",
        documentation:
            "Every value rounded to the nearest whole number, or multiple of the second argument; halves go up."
    ) { call throws(PromQLError) in
        let step = call.arguments.count > 1 ? call.number(1) : 1
        // Multiplied by the inverse, because 1 / 0.1 is exact where 0.1 is not.
        let inverse = 1 / step
        return call.mapElements(0) { ($0 * inverse + 0.5).rounded(.down) / inverse }
    }
}
