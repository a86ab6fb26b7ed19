import Values

extension Function {
    static let time = Function(
        name: "time", parameters: [], result: .scalar,
        usage: "time()",
        documentation: "The time of the evaluation in seconds since 1970."
    ) { call throws(PromQLError) in
        .scalar(call.time.seconds)
    }
}
