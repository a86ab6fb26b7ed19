import Values

extension ScrapeHead {
    /// Reads a head as agents write it, much faster than a general decoder.
    ///
    /// - Returns: `nil` when the bytes are not a head or not a plain one: a general decoder then has the last word.
    public init?(plainJSON bytes: [UInt8]) {
        let head = bytes.withUnsafeBufferPointer { bytes -> ScrapeHead? in
            var json = PlainJSON(bytes)
            do throws(NotPlain) {
                let head = try ScrapeHead(&json)
                try json.end()
                return head
            } catch {
                return nil
            }
        }
        guard let head else { return nil }
        self = head
    }

    private init(_ json: inout PlainJSON) throws(NotPlain) {
        var texts: [String: String] = [:]
        var flags: [String: Bool] = [:]
        var duration: Double?
        try json.object { (json, name) throws(NotPlain) in
            switch name {
            case "service", "version", "instance", "startedAt", "at", "failure": texts[name] = try json.string()
            case "up", "openMetrics", "ended": flags[name] = try json.bool()
            case "duration": duration = try json.double()
            default: throw NotPlain()
            }
        }
        guard let service = texts["service"], let version = texts["version"], let instance = texts["instance"],
            let startedAt = texts["startedAt"].flatMap({ Timestamp($0) }),
            let at = texts["at"].flatMap({ Timestamp($0) }),
            let up = flags["up"], let duration
        else { throw NotPlain() }
        self.init(
            service: service, version: version, instance: instance, startedAt: startedAt, at: at, up: up,
            duration: duration, failure: texts["failure"], openMetrics: flags["openMetrics"], ended: flags["ended"])
    }
}
