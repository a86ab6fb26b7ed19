public import Ports
import Synchronization
import Values
public import Wire

/// Who gets which environment.
extension FlagRegistry: FlagGateway {
    public func admit(token: String?, selector: String?) -> FlagAdmission {
        // With --dev a token says nothing, not even a wrong one.
        if let token, let principal = access.authenticate(token: token) {
            return admit(principal: principal, selector: selector)
        }
        return admit(principal: nil, selector: selector)
    }

    public func admit(principal: Principal?, selector: String?) -> FlagAdmission {
        let wanted = selector.flatMap(FlagRegistry.environment(in:))
        guard let principal else {
            return dev ? feed(wanted ?? FlagRegistry.production) : .unauthenticated
        }
        if principal.role == .sdk {
            let own = principal.environment ?? FlagRegistry.production
            return wanted == nil || wanted == own ? feed(own) : .forbidden
        }
        guard principal.role.allows(.viewer) else { return .forbidden }
        return feed(wanted ?? FlagRegistry.production)
    }

    /// flagd's selectors: `flagSetId=NAME`, or a name by itself; nothing when it selects nothing.
    private static func environment(in selector: String) -> String? {
        var name = selector[...]
        for prefix in ["flagSetId=", "source="] where name.hasPrefix(prefix) { name = name.dropFirst(prefix.count) }
        return name.isEmpty ? nil : String(name)
    }

    private func feed(_ name: String) -> FlagAdmission {
        memory.withLock { memory in
            if let feed = memory.feeds[name] { return .environment(feed) }
            return .unknownEnvironment(name: name, nearest: nearest(to: name, among: memory.feeds.keys))
        }
    }
}
