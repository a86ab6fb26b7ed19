extension Function {
    static let clampMin = Function(
        name: "clamp_min", parameters: [.vector, .scalar], result: .vector,
        usage: "clamp_min(x, minimum)",
        documentation: "Every value, but not below the minimum."
    ) { call throws(PromQLError) in
        let low = call.number(1)
        return call.mapElements(0) { $0.isNaN || low.isNaN ? .nan : Swift.max($0, low) }
    }
}
