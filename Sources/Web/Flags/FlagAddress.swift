// Where the pages of flags are: `/flags/ENVIRONMENT` and `/flags/ENVIRONMENT/KEY`.

extension Link {
    static func flags(_ environment: String, query: [(String, String)] = []) -> Link {
        Link("flags", environment, query: query)
    }

    static func flag(_ key: String, in environment: String, query: [(String, String)] = []) -> Link {
        // A browser takes these out of a path, however they are written.
        if key.isEmpty || key == "." || key == ".." {
            return Link("flags", environment, query: [("key", key)] + query)
        }
        return Link("flags", environment, key, query: query)
    }
}

extension Route {
    /// The pages of flags. A key may hold anything, slashes too: all that follows the environment is the key.
    static func flags(path: String) -> Route? {
        guard path == "/flags" || path.hasPrefix("/flags/") else { return nil }
        let parts = path.dropFirst("/flags/".count).split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false
        ).map(String.init)
        guard let environment = parts.first, !environment.isEmpty else { return .flags(environment: nil) }
        if parts.count > 1, !parts[1].isEmpty { return .flag(environment: environment, key: parts[1]) }
        return .flags(environment: environment)
    }
}
