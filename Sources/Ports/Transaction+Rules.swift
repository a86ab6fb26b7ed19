/// The rules of a transaction that every store applies alike.
extension Precondition {
    public var key: DocumentKey {
        switch self {
        case .absent(let key), .unchanged(let key, _): return key
        }
    }

    /// Whether it is true of a document whose revision is `current`; `nil` when there is none.
    public func holds(current: Revision?) -> Bool {
        switch self {
        case .absent: return current == nil
        case .unchanged(_, let revision): return current == revision
        }
    }
}

extension Transaction {
    /// Refuses a transaction that writes a document twice, before anything is written.
    public func refuseRepeatedKeys() throws(StoreError) {
        guard writes.count > 1 else { return }
        // By bytes: Swift takes two spellings of a letter for the same text, a store does not.
        var seen: Set<[[UInt8]]> = []
        for write in writes {
            let key = write.key
            guard seen.insert([Array(key.collection.utf8), Array(key.name.utf8)]).inserted else {
                throw .cannotWrite(
                    "the transaction writes \(key.collection)/\(key.name) twice; write a document once in a transaction"
                )
            }
        }
    }
}
