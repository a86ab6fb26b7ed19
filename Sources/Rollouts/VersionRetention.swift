public import Values

/// Which of a service's versions may be forgotten.
public struct VersionRetention: Hashable, Sendable {
    /// So many of the newest stay, whatever they are.
    public var newest: Int

    public init(newest: Int = 20) {
        self.newest = newest
    }

    /// The names of versions that nothing refers to and that are not among the newest.
    ///
    /// - Parameters:
    ///   - versions: Every version of the service, with the time it was made.
    ///   - referenced: What runs, what a rollout brings, and what a rollback would return to.
    public func forgettable(
        _ versions: [(name: String, createdAt: Timestamp)], referenced: Set<String>
    ) -> [String] {
        versions.sorted { ($0.createdAt, $0.name) > ($1.createdAt, $1.name) }.dropFirst(newest).map(\.name)
            .filter { !referenced.contains($0) }
    }
}
