/// The pages by address.
enum Route: Hashable, Sendable {
    case overview
    case fleet
    case rollouts
    case rollout(id: String)
    case action(id: String, verb: String)
    case service(name: String)
    /// The lists of an environment; of `production` when none is named.
    case flags(environment: String?)
    case flag(environment: String, key: String)
    case explorer
    /// What may stand at the cursor of an expression.
    case completion
    case audit
    case login
    case asset(digest: String, name: String)

    init?(path: String) {
        if let route = Route.flags(path: path) {
            self = route
            return
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        switch (parts.count, parts.first) {
        case (0, _): self = .overview
        case (1, "fleet"): self = .fleet
        case (1, "rollouts"): self = .rollouts
        case (2, "rollouts"): self = .rollout(id: parts[1])
        case (3, "rollouts"): self = .action(id: parts[1], verb: parts[2])
        case (2, "services"): self = .service(name: parts[1])
        case (1, "explore"): self = .explorer
        case (2, "explore") where parts[1] == "complete": self = .completion
        case (1, "audit"): self = .audit
        case (1, "login"): self = .login
        case (3, "assets"): self = .asset(digest: parts[1], name: parts[2])
        default: return nil
        }
    }
}
