extension Function {
    static let vector = Function(
        name: "vector", parameters: [.scalar], result: .vector,
        usage: "vector(number)",
        documentation: "A vector of one element without labels."
    ) { call throws(PromQLError) in
        .vector([Element(labels: [:], value: call.number(0))])
    }
}
