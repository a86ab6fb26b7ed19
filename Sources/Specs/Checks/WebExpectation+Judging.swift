import Documents

extension WebExpectation {
    /// Why an answer is wrong; `nil` when it is right.
    public func objection(status code: Int, body bytes: [UInt8]) -> String? {
        guard status.contains(where: { $0.contains(code) }) else { return "HTTP \(code)" }
        if let body, !bytes.holds(Array(body.utf8)) { return "the body does not contain '\(body)'" }
        guard let json else { return nil }
        guard let path = JSONPath(json.path) else { return "'\(json.path)' is no path in a JSON document" }
        guard let document = JSONParser.parse(bytes, file: "").node else { return "the body is not JSON" }
        guard let found = path.value(in: document) else { return "the body has no \(json.path)" }
        guard let wanted = json.equals, !found.value.equals(wanted) else { return nil }
        return "\(json.path) is another value"
    }
}

extension Node.Value {
    /// Whether two scalars are equal; 1 is 1.0.
    fileprivate func equals(_ other: Node.Value) -> Bool {
        switch (self, other) {
        case (.integer(let left), .number(let right)), (.number(let right), .integer(let left)):
            return Double(left) == right
        default: return self == other
        }
    }
}

extension Array where Element == UInt8 {
    fileprivate func holds(_ needle: [UInt8]) -> Bool {
        guard let first = needle.first, needle.count <= count else { return needle.isEmpty }
        for start in 0...(count - needle.count) where self[start] == first {
            if self[start..<start + needle.count].elementsEqual(needle) { return true }
        }
        return false
    }
}

extension WebProbe {
    /// Where an instance is asked.
    ///
    /// - Parameters:
    ///   - listen: the service's own, such as `${ADDRESS}:8000`.
    ///   - values: what `${…}` stands for, by name.
    /// - Returns: `nil` when the address is not known, because every instance has a port of its own.
    public func address(listen: String?, values: [String: String]) -> String? {
        var address = url
        if url.hasPrefix("/") {
            guard let listen else { return nil }
            // What listens on every address is asked on the host's own.
            address = "http://\(listen.hasPrefix("0.0.0.0:") ? "${ADDRESS}" + listen.dropFirst(7) : listen)\(url)"
        }
        var values = values
        if values["PORT"] == nil, let port = listen?.split(separator: ":").last, port != "${PORT}" {
            values["PORT"] = String(port)
        }
        for (name, value) in values { address = address.replacing("${\(name)}", with: value) }
        return address.contains("${") ? nil : address
    }
}
