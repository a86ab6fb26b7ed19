extension Function {
    static let scalar = Function(
        name: "scalar", parameters: [.vector], result: .scalar,
        usage: "scalar(x)",
        documentation: "The value of the only element; NaN unless there is exactly one."
    ) { call throws(PromQLError) in
        let elements = call.elements(0)
        return .scalar(elements.count == 1 ? elements[0].value : .nan)
    }
}
