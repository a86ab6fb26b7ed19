extension Function {
    static let clampMax = Function(
        name: "clamp_max", parameters: [.vector, .scalar], result: .vector,
        usage: "clamp_max(x, maximum)",
        documentation: "Every value, but not above the maximum."
    ) { call throws(PromQLError) in
        let high = call.number(1)
        return call.mapElements(0) { $0.isNaN || high.isNaN ? .nan : Swift.min($0, high) }
    }
}
