public import Documents
import Values

/// Besides `HALCYON_…`, what an agent tells an instance in its environment, and nobody else may.
private let agentVariables = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET"]

/// Where an instance finds its flags, which the service's owner says.
private let ownersVariables = ["HALCYON_SERVER", "HALCYON_SDK_TOKEN"]

extension RunSpec: DocumentForm {
    private static let keys = [
        "command", "environment", "user", "group", "listen", "handover", "ready", "drain", "lameDuck", "metrics",
        "limits", "logs",
    ]

    public init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(RunSpec.keys, "how to run it") else { return nil }
        let command = fields.required("command", like: "[\"./server\", \"--port\", \"${PORT}\"]").flatMap(
            RunSpec.command)
        guard let command else { return nil }
        self.init(command: command)
        if let variables = fields["environment"]?.entries("variables like { LEVEL: info }") {
            for (key, value) in variables { environment[key] = RunSpec.variable(key, value) }
        }
        user = fields["user"]?.accountName("user")
        group = fields["group"]?.accountName("group")
        if fields.has("group"), !fields.has("user") {
            fields["group"]?.report("a group without a user", hint: "add user: and the name of a user of the host")
        }
        listen = fields["listen"]?.listenAddress()
        handover = fields["handover"]?.choice() ?? handover
        ready = fields["ready"].flatMap(ReadinessProbe.init(reading:)) ?? ready
        drain = fields["drain"]?.period() ?? drain
        lameDuck = fields["lameDuck"]?.period() ?? lameDuck
        metrics = fields["metrics"].flatMap(MetricsSource.init(reading:))
        limits = fields["limits"].flatMap(ResourceLimits.init(reading:)) ?? limits
        logs = fields["logs"].flatMap(LogLimits.init(reading:)) ?? logs
    }

    private static func command(_ cursor: Cursor) -> [String]? {
        if case .string = cursor.node.value {
            cursor.mismatch(
                "a list of texts",
                hint: "no shell reads it: write each argument as an item, like [\"./server\", \"--port\", \"8000\"]")
            return nil
        }
        guard let items = cursor.items("a list of texts") else { return nil }
        let words = items.compactMap { item in item.text().map { item.checkedPlaceholders($0) } }
        if items.isEmpty || words.count == items.count && words[0].isEmpty {
            cursor.report("the command is empty", hint: "its first item is the program, for example \"./server\"")
        }
        return words
    }

    private static func variable(_ key: String, _ cursor: Cursor) -> String? {
        if key.isEmpty || key.contains("=") || key.contains("\0") {
            cursor.report("'\(key)' is no name for a variable", hint: "a name is not empty and has no '='")
        }
        if agentVariables.contains(key) || key.hasPrefix("HALCYON_") && !ownersVariables.contains(key) {
            cursor.report("the agent sets \(key) itself", hint: "choose another name")
        }
        return cursor.text().map { cursor.checkedPlaceholders($0) }
    }

    public var documentNode: Node {
        let variables = environment.sorted { $0.key < $1.key }.map {
            (key: $0.key, value: Optional(Node.string($0.value)))
        }
        return .mapping([
            ("command", .sequence(command.map(Node.string))),
            ("environment", environment.isEmpty ? nil : .mapping(variables)),
            ("user", user.map(Node.string)),
            ("group", group.map(Node.string)),
            ("listen", listen.map(Node.string)),
            ("handover", .string(handover.rawValue)),
            ("ready", ready.documentNode),
            ("drain", drain.documentNode),
            ("lameDuck", lameDuck.documentNode),
            ("metrics", metrics?.documentNode),
            ("limits", limits == ResourceLimits() ? nil : limits.documentNode),
            ("logs", logs.documentNode),
        ])
    }
}

extension ReadinessProbe: DocumentForm {
    private static let keys = ["http", "tcp", "notify", "within", "every", "timeout", "failures", "restartAfter"]
    private static let shorthand: [Node.Value: Method] = [.string("tcp"): .tcp, .string("notify"): .notify]

    /// `{ http: /healthz, within: 30s }`, or just `tcp` or `notify`.
    public init?(reading cursor: Cursor) {
        if let method = ReadinessProbe.shorthand[cursor.node.value] {
            self.init(method: method)
            return
        }
        guard let fields = cursor.fields(ReadinessProbe.keys, "a readiness probe") else { return nil }
        self.init()
        let methods = ["http", "tcp", "notify"].filter(fields.has)
        if methods.count > 1 {
            fields.report(
                atKey: methods[1], "one way to ask is enough: \(listed(methods)) are here", hint: "keep one of them")
        }
        if let path = fields["http"]?.urlPath() { method = .http(path: path) }
        if fields["tcp"]?.onlyTrue() == true { method = .tcp }
        if fields["notify"]?.onlyTrue() == true { method = .notify }
        within = fields["within"]?.positivePeriod() ?? within
        every = fields["every"]?.period(atLeast: .milliseconds(10)) ?? every
        timeout = fields["timeout"]?.period(atLeast: .milliseconds(10)) ?? timeout
        failures = fields["failures"]?.integer(in: 1...100) ?? failures
        restartAfter = fields["restartAfter"]?.period(atLeast: .seconds(1))
        if methods.isEmpty || methods == ["notify"] { reportUnasked(fields, methods.first) }
    }

    /// What concerns asking, where nobody asks.
    private func reportUnasked(_ fields: Fields, _ method: String?) {
        let why = method == nil ? "without http or tcp" : "with \(method ?? "")"
        for key in ["every", "timeout", "failures", "restartAfter"] where fields.has(key) {
            fields[key]?.report(
                "'\(key)' means nothing \(why): the instance is not asked", hint: "add http or tcp, or remove it",
                severity: key == "every" ? .warning : .error)
        }
    }

    public var documentNode: Node {
        var entries: [(key: String, value: Node?)] = []
        switch method {
        case .http(let path): entries.append(("http", .string(path)))
        case .tcp: entries.append(("tcp", .bool(true)))
        case .notify: entries.append(("notify", .bool(true)))
        case .none: break
        }
        entries.append(("within", within.documentNode))
        guard asks else { return .mapping(entries) }
        return .mapping(
            entries + [
                ("every", every.documentNode), ("timeout", timeout.documentNode), ("failures", .integer(failures)),
                ("restartAfter", restartAfter?.documentNode),
            ])
    }
}

extension MetricsSource: DocumentForm {
    public init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(["path", "every", "timeout"] + ScrapeRules.keys, "where the metrics are")
        else {
            return nil
        }
        self.init()
        path = fields["path"]?.urlPath() ?? path
        every = fields["every"]?.period(atLeast: .seconds(1)) ?? every
        timeout = fields["timeout"]?.positivePeriod() ?? timeout
        rules = ScrapeRules(reading: fields)
    }

    public var documentNode: Node {
        .mapping(
            [("path", .string(path)), ("every", every.documentNode), ("timeout", timeout.documentNode)]
                + rules.entries)
    }
}

extension ResourceLimits: DocumentForm {
    public init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(["memory", "cpu", "processes"], "limits") else { return nil }
        self.init()
        memory = fields["memory"]?.byteSize()
        if let cursor = fields["cpu"], let count = cursor.number("a number of processors like 0.5") {
            cpu = count
            if !ResourceLimits.cpuRange.contains(count) {
                let range = ResourceLimits.cpuRange
                cursor.report(
                    "\(count < 1 ? "too few" : "too many") processors: a limit is \(range.lowerBound) to "
                        + "\(Int(range.upperBound))")
            }
        }
        processes = fields["processes"]?.integer(in: 1...Int.max)
    }

    public var documentNode: Node {
        .mapping([
            ("memory", memory?.documentNode), ("cpu", cpu.map(Node.number)), ("processes", processes.map(Node.integer)),
        ])
    }
}

extension LogLimits: DocumentForm {
    public init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(["size"], "log limits") else { return nil }
        self.init()
        size = fields["size"]?.byteSize() ?? size
    }

    public var documentNode: Node { .mapping([("size", size.documentNode)]) }
}
