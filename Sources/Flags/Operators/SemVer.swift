extension Operator {
    /// `{"sem_ver": [version, ">=", "2.1.0"]}`; `^` is the same major number, `~` the same major and minor number.
    ///
    /// Null when one of them is no version, or the comparison is unknown.
    static let semanticVersion = Operator("sem_ver") { arguments, scope in
        guard arguments.count == 3, case .string(let sign) = arguments[1],
            let comparison = VersionComparison(rawValue: sign), let left = version(arguments[0], scope),
            let right = version(arguments[2], scope)
        else { return .null }
        return .bool(comparison.holds(left, right))
    }

    private static func version(_ value: FlagValue, _ scope: Scope) -> SemanticVersion? {
        switch value {
        case .string(let text): SemanticVersion(text)
        case .integer(let number): SemanticVersion("\(number)")
        case .number(let number):
            if let large = scope.largeIntegers.first(of: number) {
                SemanticVersion(large.digits)
            } else {
                // Reference evaluators print it with an exponent from here on, and that is no version.
                number.magnitude < 1e16 ? SemanticVersion(value.text) : nil
            }
        case .null, .bool, .list, .object: nil
        }
    }
}

enum VersionComparison: String {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case sameMajor = "^"
    case sameMinor = "~"

    func holds(_ left: SemanticVersion, _ right: SemanticVersion) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .lessOrEqual: !(right < left)
        case .greater: right < left
        case .greaterOrEqual: !(left < right)
        case .sameMajor: left.major == right.major
        case .sameMinor: left.major == right.major && left.minor == right.minor
        }
    }
}
