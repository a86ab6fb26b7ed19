/// The rule for the names of services, versions, hosts, waves, checks and receivers.
///
/// A name starts with a letter or digit and has at most 63 letters, digits, `.`, `_` and `-` (`+` too, in versions).
public func isValidName(_ name: some StringProtocol, allowingPlus: Bool = false) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 63, isLetterOrDigit(first) else { return false }
    return name.utf8.allSatisfy { byte in
        isLetterOrDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            || allowingPlus && byte == UInt8(ascii: "+")
    }
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
}
