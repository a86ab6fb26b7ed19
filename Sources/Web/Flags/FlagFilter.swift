import Wire

/// Which flags of an environment are shown.
struct FlagFilter: Sendable {
    enum States: String, CaseIterable, Sendable {
        case all
        case on
        case off
        case stale
        case archived

        var words: String {
            switch self {
            case .all: return "All in service"
            case .on: return "On"
            case .off: return "Off"
            case .stale: return "Stale"
            case .archived: return "Archived"
            }
        }
    }

    var text: String
    var tag: String
    var owner: String
    var state: States

    init(query: [String: String]) {
        text = query["q"] ?? ""
        tag = query["tag"] ?? ""
        owner = query["owner"] ?? ""
        state = query["state"].flatMap(States.init) ?? .all
    }

    /// What an address says for this filter.
    var query: [(String, String)] {
        [("q", text), ("tag", tag), ("owner", owner), ("state", state == .all ? "" : state.rawValue)]
            .filter { !$0.1.isEmpty }
    }

    var isActive: Bool { state != .all || !tag.isEmpty || !owner.isEmpty || !words.isEmpty }

    private var words: [Substring] { text.split(separator: " ") }

    /// Every word must be found in the flag's key, description, owner or tags.
    ///
    /// - Parameter stale: the keys of the flags that have probably done their work.
    func matches(_ flag: FlagView, stale: Set<String>) -> Bool {
        guard flag.archived == (state == .archived) else { return false }
        switch state {
        case .on where !flag.isOn, .off where flag.isOn: return false
        case .stale where !stale.contains(flag.key): return false
        default: break
        }
        if !tag.isEmpty, !flag.tags.contains(tag) { return false }
        if !owner.isEmpty, flag.owner != owner { return false }
        guard !words.isEmpty else { return true }
        let haystack = ([flag.key, flag.description, flag.owner] + flag.tags).joined(separator: " ").lowercased()
        return words.allSatisfy { haystack.contains($0.lowercased()) }
    }
}
