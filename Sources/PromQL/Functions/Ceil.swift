extension Function {
    static let ceil = Function(
        name: "ceil", parameters: [.vector], result: .vector,
        usage: "ceil(x)",
        documentation: "Every value rounded up to a whole number."
    ) { call throws(PromQLError) in
        call.mapElements(0) { $0.rounded(.up) }
    }
}
