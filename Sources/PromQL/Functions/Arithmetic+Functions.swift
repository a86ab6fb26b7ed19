extension Function {
    static let arithmetic = [
        Function("abs", [.vector], "The absolute value of every number.", .ofNumber { $0.magnitude }),
        Function("exp", [.vector], "e to the power of every number.", .ofNumber(Mathematics.exponential)),
        Function(
            "ln", [.vector], "The natural logarithm of every number; NaN for a negative one.",
            .ofNumber(Mathematics.naturalLogarithm)),
        Function(
            "log2", [.vector], "The binary logarithm of every number; NaN for a negative one.",
            .ofNumber(Mathematics.binaryLogarithm)),
        Function(
            "log10", [.vector], "The decimal logarithm of every number; NaN for a negative one.",
            .ofNumber(Mathematics.decimalLogarithm)),
        Function(
            "sgn", [.vector], "1 for positive numbers, -1 for negative ones, 0 for zero.",
            .ofNumber { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 }),
        Function(
            "sqrt", [.vector], "The square root of every number; NaN for a negative one.",
            .ofNumber { $0.squareRoot() }),
        Function(
            "max_of", [.scalar, .scalar], returns: .scalar, isExperimental: true, "The greater of two scalars.",
            .ofScalars { greater($0[0], $0[1]) }),
        Function(
            "min_of", [.scalar, .scalar], returns: .scalar, isExperimental: true, "The smaller of two scalars.",
            .ofScalars { lesser($0[0], $0[1]) }),
        Function("pi", [], returns: .scalar, "The number π.", .ofScalars { _ in .pi }),
    ]
}
