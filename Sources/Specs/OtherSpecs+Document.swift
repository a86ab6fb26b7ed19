public import Documents
import Values

extension FreezeSpec: DocumentForm {
    public init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(["kind", "name", "reason", "from", "until", "services"], "a freeze") else {
            return nil
        }
        let name = fields.required("name", like: "holidays")?.name(of: "freeze")
        let reason = fields.required("reason", like: "nobody is at work")?.nonEmptyText("a reason")
        let from = fields.required("from", like: "2026-12-24T18:00:00Z")?.timestamp()
        let until = fields.required("until", like: "2027-01-02T06:00:00Z")?.timestamp()
        let services = fields["services"]?.names(of: "service") ?? []
        guard let name, let reason, let from, let until else { return nil }
        if until <= from { fields["until"]?.report("it ends before it begins", hint: "'until' is later than 'from'") }
        self.init(name: name, reason: reason, from: from, until: until, services: services)
    }

    public var documentNode: Node {
        .mapping([
            ("name", .string(name)),
            ("reason", .string(reason)),
            ("from", .string(from.description)),
            ("until", .string(until.description)),
            ("services", services.isEmpty ? nil : .sequence(services.map(Node.string))),
        ])
    }
}

extension ReceiverSpec: DocumentForm {
    private static let targets = ["slack", "webhook"]

    public init?(reading cursor: Cursor) {
        let keys = ["kind", "name", "webhook", "slack", "events", "services"]
        guard let fields = cursor.fields(keys, "a receiver") else { return nil }
        let name = fields.required("name", like: "on-call")?.name(of: "receiver")
        let events = fields["events"]?.items("a list of events")?.compactMap { $0.choice(NotificationEvent.self) } ?? []
        let services = fields["services"]?.names(of: "service") ?? []
        guard let target = ReceiverSpec.target(fields), let name else { return nil }
        self.init(name: name, target: target, events: Set(events), services: Set(services))
    }

    private static func target(_ fields: Fields) -> Target? {
        let present = targets.filter(fields.has)
        guard let key = present.first, let cursor = fields[key] else {
            fields.cursor.report(
                "the receiver has no address",
                hint:
                    "give it one of \(listed(targets, last: "or")), for example webhook: { url: https://example.com/hook }"
            )
            return nil
        }
        if present.count > 1 {
            fields.report(atKey: present[1], "a receiver has one address", hint: "make two receivers of it")
        }
        guard
            let url = cursor.fields(["url"], "where to send")?.required("url", like: "https://example.com/hook")?
                .webAddress()
        else { return nil }
        return key == "slack" ? .slack(url: url) : .webhook(url: url)
    }

    public var documentNode: Node {
        let address: (key: String, value: Node?)
        switch target {
        case .webhook(let url): address = ("webhook", .mapping([("url", .string(url))]))
        case .slack(let url): address = ("slack", .mapping([("url", .string(url))]))
        }
        let words = events.map(\.rawValue).sorted()
        return .mapping([
            ("name", .string(name)),
            address,
            ("events", words.isEmpty ? nil : .sequence(words.map(Node.string))),
            ("services", services.isEmpty ? nil : .sequence(services.sorted().map(Node.string))),
        ])
    }

    /// What differs from an older value. Addresses are secrets: that they differ is said, not how.
    public func differences(from old: ReceiverSpec) -> [String] {
        var masked = old
        masked.target = target
        let address = target == old.target ? [] : ["\(target.key): another address (not shown)"]
        return address + documentNode.differences(from: masked.documentNode)
    }
}

extension ReceiverSpec.Target {
    /// The key of this target in a document.
    var key: String {
        switch self {
        case .webhook: return "webhook"
        case .slack: return "slack"
        }
    }
}

extension Cursor {
    /// An `http` or `https` URL. It may carry a secret, so no message repeats it.
    func webAddress() -> String? {
        var cursor = self
        cursor.isSecret = true
        guard let url = cursor.text("a URL like https://example.com/hook") else { return nil }
        let lowered = url.lowercased()
        let scheme = ["https://", "http://"].first(where: lowered.hasPrefix)
        guard let scheme else {
            report("the URL starts neither with https:// nor with http://")
            return url
        }
        let host = url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        if host.isEmpty || host.hasPrefix(":") || host.hasSuffix(":") { report("the URL names no host") }
        if !url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            report("the URL has a character that no URL has", hint: "write other characters as %XX")
        }
        return url
    }
}
