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
        var target: ScrapedTarget?
        try json.object { (json, name) throws(NotPlain) in
            switch name {
            case "service", "version", "instance", "startedAt", "at", "failure": texts[name] = try json.string()
            case "up", "openMetrics", "ended": flags[name] = try json.bool()
            case "duration": duration = try json.double()
            case "target": target = try ScrapedTarget(&json)
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
            duration: duration, failure: texts["failure"], openMetrics: flags["openMetrics"], ended: flags["ended"],
            target: target)
    }
}

extension ScrapedTarget {
    fileprivate init(_ json: inout PlainJSON) throws(NotPlain) {
        var target = ScrapedTarget(labels: [:])
        var hasLabels = false
        try json.object { (json, name) throws(NotPlain) in
            switch name {
            case "labels": (target.labels, hasLabels) = (try json.texts(), true)
            case "external": target.external = try json.texts()
            case "isRelabelled": target.isRelabelled = try json.bool()
            case "samples": target.samples = try json.integer()
            case "honorLabels": target.honorLabels = try json.bool()
            case "honorTimestamps": target.honorTimestamps = try json.bool()
            case "sampleLimit": target.sampleLimit = try json.integer()
            case "labelLimit": target.labelLimit = try json.integer()
            case "labelNameLengthLimit": target.labelNameLengthLimit = try json.integer()
            case "labelValueLengthLimit": target.labelValueLengthLimit = try json.integer()
            default: throw NotPlain()
            }
        }
        guard hasLabels else { throw NotPlain() }
        self = target
    }
}

extension PlainJSON {
    fileprivate mutating func texts() throws(NotPlain) -> [String: String] {
        var texts: [String: String] = [:]
        try object { (json, name) throws(NotPlain) in texts[name] = try json.string() }
        return texts
    }
}
