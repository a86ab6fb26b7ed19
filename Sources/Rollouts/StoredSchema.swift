/// A stored document has a shape that this release does not know.
public struct NewerSchema: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the document holds, for example `a rollout's state`.
    public var what: String
    public var found: Int
    public var known: Int

    public init(what: String, found: Int, known: Int) {
        self.what = what
        self.found = found
        self.known = known
    }

    public var description: String {
        "\(what) has schema \(found), and this release reads up to \(known): a newer release of Halcyon wrote it"
    }

    /// - Throws: `NewerSchema` when `found` is above `known`. Documents without a number are of schema 1.
    static func check(_ what: String, found: Int?, known: Int) throws {
        if let found, found > known { throw NewerSchema(what: what, found: found, known: known) }
    }
}
