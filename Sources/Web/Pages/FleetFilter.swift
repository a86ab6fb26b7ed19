import Wire

/// Which hosts of the fleet are shown.
struct FleetFilter: Sendable {
    enum States: String, CaseIterable, Sendable {
        case all
        case notReady = "not-ready"
        case unknown

        var words: String {
            switch self {
            case .all: return "All hosts"
            case .notReady: return "Not ready"
            case .unknown: return "Out of contact"
            }
        }
    }

    var text: String
    var state: States

    init(query: [String: String]) {
        text = query["q"] ?? ""
        state = query["state"].flatMap(States.init) ?? .all
    }

    var isActive: Bool { state != .all || !words.isEmpty }

    private var words: [Substring] { text.split(separator: " ") }

    /// Every word must be found in the host's name, address, labels, services or versions.
    func matches(_ host: HostView) -> Bool {
        switch state {
        case .all: break
        case .unknown where host.contact != .unknown: return false
        case .notReady where host.services.allSatisfy({ $0.ready && $0.failure == nil }): return false
        case .notReady, .unknown: break
        }
        guard !words.isEmpty else { return true }
        var texts = [host.name, host.address] + host.labels.map { "\($0.key)=\($0.value)" }
        for report in host.services { texts += [report.service, report.version ?? "", report.state.rawValue] }
        let haystack = texts.joined(separator: " ").lowercased()
        return words.allSatisfy { haystack.contains($0.lowercased()) }
    }
}

/// A choice among a few words in a form.
func choice(_ label: String, name: String, _ options: [(value: String, words: String)], _ chosen: String) -> Markup {
    tag("label") {
        tag("span") { label }
        tag("select", .named("name", name), .id("choice-\(name)")) {
            for option in options {
                let selected: [Attribute] = option.value == chosen ? [.flag("selected")] : []
                tag("option", with: [.named("value", option.value)] + selected) { option.words }
            }
        }
    }
}
