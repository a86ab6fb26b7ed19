import Documents
import Values

/// The names that `${…}` may stand for in a command, the environment and the listening address.
public let placeholderNames = ["ADDRESS", "HOST", "PORT", "SERVICE", "VERSION"]

/// The names within `${…}` of a text, and whether a `${` is never closed.
func placeholders(in text: String) -> (names: [String], isUnclosed: Bool) {
    var names: [String] = []
    var rest = text[...]
    while let open = rest.firstRange(of: "${") {
        rest = rest[open.upperBound...]
        guard let close = rest.firstIndex(of: "}") else { return (names, true) }
        names.append(String(rest[..<close]))
        rest = rest[rest.index(after: close)...]
    }
    return (names, false)
}

extension StringProtocol {
    /// Without Foundation.
    fileprivate func firstRange(of needle: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
            start = index(after: start)
        }
        return nil
    }
}

extension Cursor {
    /// Reports `${…}` with names that do not exist.
    func checkedPlaceholders(_ text: String) -> String {
        let (names, isUnclosed) = placeholders(in: text)
        for name in names where !placeholderNames.contains(name) {
            let hint = nearest(to: name, among: placeholderNames).map { "did you mean ${\($0)}?" }
            report("${\(name)} stands for nothing", hint: hint ?? "there are \(listed(placeholderNames))")
        }
        if isUnclosed { report("'${' without '}'") }
        return text
    }

    /// An address with a port, for example `${ADDRESS}:8000`.
    func listenAddress() -> String? {
        guard let text = text("an address like ${ADDRESS}:8000") else { return nil }
        _ = checkedPlaceholders(text)
        let isSixWithoutPort = text.filter({ $0 == ":" }).count > 1 && !text.hasPrefix("[") || text.hasSuffix("]")
        guard let colon = text.lastIndex(of: ":"), !isSixWithoutPort else {
            report(
                "'\(text)' has no port",
                hint: isSixWithoutPort ? "write [::1]:8000" : "write \(text.isEmpty ? "${ADDRESS}" : text):8000")
            return text
        }
        let (host, port) = (text[..<colon], text[text.index(after: colon)...])
        if host.isEmpty {
            report("'\(text)' has no address", hint: "write ${ADDRESS}\(text), or 0.0.0.0\(text) for every address")
        }
        if !host.isEmpty, !isAddress(host) {
            report("'\(host)' is no address", hint: "write ${ADDRESS}, or an IP address like 127.0.0.1 or [::1]")
        }
        if port != "${PORT}", Int(port).map((1...65535).contains) != true {
            report("'\(port)' is no port: a port is a number from 1 to 65535")
        }
        return text
    }

    /// Whether this is a placeholder, or looks like an IP address (IPv6 in brackets).
    private func isAddress(_ host: Substring) -> Bool {
        if host.hasPrefix("${") { return true }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The name of a user or a group of a host.
    func accountName(_ kind: String) -> String? {
        guard let name = text("the name of a \(kind) like www-data") else { return nil }
        let isWord = name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "/") }
        if name.isEmpty || name.utf8.count > 64 || !isWord || name.hasPrefix("-") {
            report(
                "'\(name)' is no name of a \(kind)",
                hint: "a name like www-data: no white space, no ':' and no '/'; numbers of \(kind)s are not read")
        } else if name.allSatisfy(\.isNumber) {
            report(
                "'\(name)' is a number, not the name of a \(kind)", hint: "hosts may number their \(kind)s differently")
        }
        return name
    }

    /// The path of a URL, for example `/healthz`.
    func urlPath() -> String? {
        guard let path = text("a path like /healthz") else { return nil }
        if !path.hasPrefix("/") || path.contains(where: \.isWhitespace) {
            report(
                "'\(path)' is no path",
                hint: path.hasPrefix("/") ? "it has no white space" : "it starts with '/', for example /healthz")
        }
        return path
    }

    /// `true`; there is no other meaning.
    func onlyTrue() -> Bool? {
        guard let flag = bool() else { return nil }
        if !flag { report("false means nothing here", hint: "remove the key") }
        return flag
    }
}

extension Period {
    var documentNode: Node { .string(description) }
}

extension Percentage {
    var documentNode: Node { .string(description) }
}

extension Amount {
    /// A count is a number, a share a text.
    var documentNode: Node {
        switch self {
        case .count(let count): return .integer(count)
        case .percent: return .string(description)
        }
    }
}

extension ByteSize {
    /// Exact: in the largest binary unit that divides it.
    var documentNode: Node {
        for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] {
            let size = Int64(1) << Int64(shift)
            if bytes >= size, bytes % size == 0 { return .string("\(bytes / size)\(unit)") }
        }
        return .string("\(bytes)B")
    }
}
