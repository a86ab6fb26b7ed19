extension Function {
    static let rounding = [
        Function("ceil", [.vector], "Every number rounded up to a whole one.", .ofNumber { $0.rounded(.up) }),
        Function("floor", [.vector], "Every number rounded down to a whole one.", .ofNumber { $0.rounded(.down) }),
        Function(
            "round", [.vector, .scalar], variadic: 1,
            "Every number rounded to the nearest multiple of the second argument (1 when it is left out), halves upwards.",
            .special(.round)),
        Function(
            "clamp", [.vector, .scalar, .scalar],
            "Every number, but at least the second argument and at most the third. Nothing when the third is smaller.",
            .special(.clamp)),
        Function(
            "clamp_max", [.vector, .scalar], "Every number, but at most the second argument.", .special(.clampMax)),
        Function(
            "clamp_min", [.vector, .scalar], "Every number, but at least the second argument.", .special(.clampMin)),
    ]
}
