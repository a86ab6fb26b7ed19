/// Names of labels in addresses that cannot hold every character: `U__` and then `_` doubled and other characters as `_20AC_`.
enum EscapedName {
    /// The name that is meant. What is not well-formed stands for itself.
    static func plain(_ name: String) -> String {
        guard name.hasPrefix("U__") else { return name }
        var plain = ""
        var rest = name.dropFirst(3)
        while let character = rest.popFirst() {
            guard character == "_" else {
                plain.append(character)
                continue
            }
            if rest.first == "_" {
                rest.removeFirst()
                plain.append("_")
                continue
            }
            let digits = rest.prefix { $0 != "_" }
            guard digits.count < rest.count, (1...6).contains(digits.count),
                let number = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(number)
            else { return name }
            plain.unicodeScalars.append(scalar)
            rest = rest.dropFirst(digits.count + 1)
        }
        return plain
    }
}
