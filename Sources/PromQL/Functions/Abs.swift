extension Function {
    static let abs = Function(
        name: "abs", parameters: [.vector], result: .vector,
        usage: "abs(x)",
        documentation: "Every value without its sign."
    ) { call throws(PromQLError) in
        call.mapElements(0) { $0.magnitude }
    }
}
