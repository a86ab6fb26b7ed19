extension Function {
    static let clamp = Function(
        name: "clamp", parameters: [.vector, .scalar, .scalar], result: .vector,
        usage: "clamp(x, minimum, maximum)",
        documentation: "Every value, but not below the minimum nor above the maximum; nothing when the two are crossed."
    ) { call throws(PromQLError) in
        let (low, high) = (call.number(1), call.number(2))
        if high < low { return .vector([]) }
        if low.isNaN || high.isNaN { return call.mapElements(0) { _ in .nan } }
        return call.mapElements(0) { $0.isNaN ? $0 : Swift.min(Swift.max($0, low), high) }
    }
}
