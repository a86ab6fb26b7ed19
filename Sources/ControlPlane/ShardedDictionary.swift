/// A dictionary whose changed copy is cheap, however large it is.
///
/// The ledger is changed on a copy. Of a plain dictionary the first change would copy every entry, so that a fleet that
/// joins would cost the square of its size. Here only the shard is copied that holds the changed key.
struct ShardedDictionary<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private static var shardCount: Int { 256 }

    private var shards: [[Key: Value]] = Array(repeating: [:], count: shardCount)
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    subscript(key: Key) -> Value? {
        get { shards[shard(of: key)][key] }
        set {
            let old = shards[shard(of: key)].updateOrRemove(newValue, forKey: key)
            count += (newValue == nil ? 0 : 1) - (old == nil ? 0 : 1)
        }
    }

    /// Without a copy of the value.
    func contains(_ key: Key) -> Bool { shards[shard(of: key)].index(forKey: key) != nil }

    @discardableResult
    mutating func removeValue(forKey key: Key) -> Value? {
        let old = shards[shard(of: key)].removeValue(forKey: key)
        if old != nil { count -= 1 }
        return old
    }

    /// In no particular order.
    var keys: some Sequence<Key> { shards.lazy.flatMap(\.keys) }

    /// In no particular order.
    var values: some Sequence<Value> { shards.lazy.flatMap(\.values) }

    private func shard(of key: Key) -> Int { key.hashValue & (Self.shardCount - 1) }
}

extension ShardedDictionary: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (Key, Value)...) {
        for (key, value) in elements { self[key] = value }
    }
}

extension Dictionary {
    /// Returns the value that was there before.
    fileprivate mutating func updateOrRemove(_ value: Value?, forKey key: Key) -> Value? {
        guard let value else { return removeValue(forKey: key) }
        return updateValue(value, forKey: key)
    }
}
