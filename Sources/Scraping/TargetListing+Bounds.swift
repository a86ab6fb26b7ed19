import Values
import Wire

/// An agent's list of targets is no larger than the agents of this release make it, whoever may speak in an agent's name: what is
/// remembered of a host is bounded, and sums of its numbers never overflow.
extension TargetListing {
    static let mostTargets = 400
    static let mostDropped = 100
    static let mostPools = 1000
    static let mostPerPool = 1_000_000
    /// Of one target, and of what was known of it before relabelling.
    static let mostLabels = 256
    /// Of a text, in bytes of UTF-8.
    static let longestText = 16 << 10

    /// The list without what is too much, and what was left out, for people.
    var bounded: (listing: TargetListing, problems: [String]) {
        var listing = TargetListing(at: at)
        listing.targets = Array(targets.lazy.filter(\.isBounded).prefix(TargetListing.mostTargets))
        listing.dropped = Array(
            dropped.lazy.filter { isShort($0.pool) && isShort($0.discovered) }.prefix(TargetListing.mostDropped))
        listing.pools = Array(pools.lazy.filter { isShort($0) }.prefix(TargetListing.mostPools))
        let counted = droppedCounts.filter { isShort($0.key) }.sorted { $0.key < $1.key }
        for (pool, count) in counted.prefix(TargetListing.mostPools) {
            listing.droppedCounts[pool] = min(max(0, count), TargetListing.mostPerPool)
        }
        var problems: [String] = []
        func note(_ what: String, _ told: Int, _ taken: Int) {
            guard taken < told else { return }
            problems.append("only \(taken) of \(told) \(what) are listed: the others are too many or too long")
        }
        note("targets", targets.count, listing.targets.count)
        note("dropped targets", dropped.count, listing.dropped.count)
        note("pools", pools.count, listing.pools.count)
        note("numbers of dropped targets", droppedCounts.count, listing.droppedCounts.count)
        return (listing, problems)
    }
}

extension TargetListing.Target {
    fileprivate var isBounded: Bool {
        [id, pool, url].allSatisfy { isShort($0) } && isShort(discovered)
            && isShort(labels)
    }
}

private func isShort(_ text: String) -> Bool { text.utf8.count <= TargetListing.longestText }

private func isShort(_ labels: [String: String]) -> Bool {
    labels.count <= TargetListing.mostLabels && labels.allSatisfy { isShort($0.key) && isShort($0.value) }
}
