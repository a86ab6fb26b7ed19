import Documents
import Values

/// How one kind of check is written: a kind is added here, in one line, with its reader in `CheckKind+Document.swift`.
struct CheckForm: Sendable {
    /// The key that names the kind.
    let key: String
    /// Keys of a check that say nothing to this kind.
    let refused: [String]
    /// Bounds of a tolerance that say nothing to this kind.
    let refusedBounds: [String]
    /// What takes the place of a tolerance.
    let limit: String
    let read: @Sendable (Cursor) -> CheckSpec.Kind?
    /// Fields of the kind that hold queries; the empty name is the kind's own value.
    let queries: [(field: String, isSelector: Bool)]

    private init(
        _ key: String, refused: [String] = ["minimumEvents"], refusedBounds: [String] = [], limit: String = "",
        queries: [(String, Bool)], read: @escaping @Sendable (Cursor) -> CheckSpec.Kind?
    ) {
        self.key = key
        self.refused = refused
        self.refusedBounds = refusedBounds
        self.limit = limit
        self.read = read
        self.queries = queries
    }

    static let all = [
        CheckForm("ratio", refused: [], queries: [("bad", true), ("total", true)]) { $0.ratio() },
        CheckForm("latency", queries: [("histogram", true)]) { $0.latency() },
        CheckForm("rate", queries: [("events", true), ("per", true)]) { $0.rate() },
        CheckForm("gauge", refusedBounds: ["absolute", "floor"], queries: [("", false)]) { $0.gauge() },
        CheckForm(
            "guardrail", refused: ["tolerate", "minimumEvents", "weight", "warmUp"],
            limit: "a guardrail's limit is in its expression", queries: [("", false)]
        ) { $0.guardrail() },
        CheckForm(
            "slo", refused: ["tolerate", "minimumEvents"], limit: "an SLO's limit is its objective",
            queries: [("bad", true), ("total", true)]
        ) { $0.objective() },
        CheckForm("peers", queries: [("bad", true), ("total", true)]) { $0.peers() },
        CheckForm("web", queries: []) { $0.web() },
    ]

    static func of(_ kind: CheckSpec.Kind) -> CheckForm {
        // Every kind is in the table: a test goes through them.
        all.first { $0.key == kind.name } ?? all[0]
    }

    /// Why a key of a check is refused, for the message.
    func why(_ key: String) -> String {
        switch key {
        case "tolerate": return limit
        case "minimumEvents": return "it is for a ratio; the evidence itself says when there is enough of it"
        case "weight": return "a guardrail is judged by the moment and spends nothing of the false rollbacks"
        default: return "a guardrail looks at values as they are; leave new instances out in its expression"
        }
    }
}
