/// A large value behind a reference, copied when it is changed while somebody else has it too: moving it costs as much as moving a pointer.
struct Shared<Value: Hashable & Sendable>: Hashable, Sendable {
    /// Sendable because `value` is changed only through a reference that nobody else holds.
    private final class Storage: @unchecked Sendable {
        var value: Value
        init(_ value: Value) { self.value = value }
    }

    private var storage: Storage

    init(_ value: Value) { storage = Storage(value) }

    var value: Value { storage.value }

    /// Changes the value in place if nobody else has it.
    @inline(__always)
    mutating func change<Result>(_ body: (inout Value) -> Result) -> Result {
        if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.value) }
        return body(&storage.value)
    }

    /// Reads of it without a copy.
    @inline(__always)
    func read<Result>(_ body: (borrowing Value) -> Result) -> Result { body(storage.value) }

    static func == (left: Shared, right: Shared) -> Bool {
        left.storage === right.storage || left.storage.value == right.storage.value
    }

    func hash(into hasher: inout Hasher) { hasher.combine(storage.value) }
}
