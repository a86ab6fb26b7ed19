public import Values

/// Who holds which lease until when: the rules of `DocumentStore`'s leases as a value, for stores that one process serves.
public struct LeaseTable: Sendable {
    private struct Lease {
        var holder: String
        var expires: Timestamp
    }

    private var leases: [String: Lease] = [:]

    public init() {}

    /// Takes or renews a lease; false when somebody else holds it and it has not expired.
    public mutating func acquire(_ name: String, holder: String, seconds: Int, now: Timestamp) -> Bool {
        if let lease = leases[name], lease.holder != holder, now < lease.expires { return false }
        leases[name] = Lease(holder: holder, expires: now + Period(milliseconds: Int64(max(seconds, 0)) * 1000))
        return true
    }

    /// Gives a lease back when this holder has it, and does nothing otherwise.
    public mutating func release(_ name: String, holder: String) {
        if leases[name]?.holder == holder { leases[name] = nil }
    }
}
