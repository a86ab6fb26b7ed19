import Specs

extension ReceiverSpec {
    /// The receiver as it may be shown: whoever knows a webhook's path can post to it, so the path is left out.
    var masked: ReceiverSpec {
        var spec = self
        switch target {
        case .webhook(let url): spec.target = .webhook(url: ReceiverSpec.masked(url))
        case .slack(let url): spec.target = .slack(url: ReceiverSpec.masked(url))
        }
        return spec
    }

    /// `https://hooks.example/…` for `https://user:secret@hooks.example/services/T0/B0/secret?key=…`.
    static func masked(_ url: String) -> String {
        let parts = url.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return "…" }
        let rest = parts[1]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority
        let hasMore = authority.endIndex != rest.endIndex && rest[authority.endIndex...] != "/"
        return "\(parts[0])://\(host)" + (hasMore ? "/…" : "")
    }
}
