extension Function {
    static let trigonometry = [
        Function("acos", [.vector], "The arc cosine of every number.", .ofNumber(Mathematics.arcCosine)),
        Function(
            "acosh", [.vector], "The inverse hyperbolic cosine of every number.",
            .ofNumber(Mathematics.inverseHyperbolicCosine)),
        Function("asin", [.vector], "The arc sine of every number.", .ofNumber(Mathematics.arcSine)),
        Function(
            "asinh", [.vector], "The inverse hyperbolic sine of every number.",
            .ofNumber(Mathematics.inverseHyperbolicSine)),
        Function(
            "atan", [.vector], "The arc tangent of every number.", .ofNumber { Mathematics.arcTangent($0) }),
        Function(
            "atanh", [.vector], "The inverse hyperbolic tangent of every number.",
            .ofNumber(Mathematics.inverseHyperbolicTangent)),
        Function(
            "cos", [.vector], "The cosine of every number, which is an angle in radians.", .ofNumber(Mathematics.cosine)
        ),
        Function("cosh", [.vector], "The hyperbolic cosine of every number.", .ofNumber(Mathematics.hyperbolicCosine)),
        Function("deg", [.vector], "Radians to degrees.", .ofNumber { $0 * 180 / .pi }),
        Function("rad", [.vector], "Degrees to radians.", .ofNumber { $0 * .pi / 180 }),
        Function(
            "sin", [.vector], "The sine of every number, which is an angle in radians.", .ofNumber(Mathematics.sine)),
        Function("sinh", [.vector], "The hyperbolic sine of every number.", .ofNumber(Mathematics.hyperbolicSine)),
        Function(
            "tan", [.vector], "The tangent of every number, which is an angle in radians.",
            .ofNumber(Mathematics.tangent)),
        Function(
            "tanh", [.vector], "The hyperbolic tangent of every number.", .ofNumber(Mathematics.hyperbolicTangent)),
    ]
}
