extension Function {
    static let floor = Function(
        name: "floor", parameters: [.vector], result: .vector,
        usage: "floor(x)",
        documentation: "Every value rounded down to a whole number."
    ) { call throws(PromQLError) in
        call.mapElements(0) { $0.rounded(.down) }
    }
}
