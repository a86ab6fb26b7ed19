/// A store-wide counter that rises with every commit. Also a document's own version.
public struct Revision: Hashable, Comparable, Codable, Sendable {
    public var number: Int64

    public init(_ number: Int64) {
        self.number = number
    }

    public static func < (left: Revision, right: Revision) -> Bool { left.number < right.number }
}

/// Where a document is: `collection` groups what is listed together, `name` orders it there (by its UTF-8 bytes).
public struct DocumentKey: Hashable, Sendable {
    public var collection: String
    public var name: String

    public init(_ collection: String, _ name: String) {
        self.collection = collection
        self.name = name
    }
}

/// Bytes under a key. What they mean is not the store's business.
public struct StoredDocument: Hashable, Sendable {
    public var key: DocumentKey
    /// The commit that last changed it.
    public var revision: Revision
    public var bytes: [UInt8]

    public init(key: DocumentKey, revision: Revision, bytes: [UInt8]) {
        self.key = key
        self.revision = revision
        self.bytes = bytes
    }
}

/// What must be true for a transaction to be committed.
public enum Precondition: Hashable, Sendable {
    case absent(DocumentKey)
    /// The document is there and has not been changed since this revision.
    case unchanged(DocumentKey, Revision)
}

public enum Write: Hashable, Sendable {
    case put(DocumentKey, [UInt8])
    case delete(DocumentKey)

    public var key: DocumentKey {
        switch self {
        case .put(let key, _), .delete(let key): return key
        }
    }
}

/// Writes that happen all together or not at all. A key is written at most once.
public struct Transaction: Hashable, Sendable {
    public var preconditions: [Precondition]
    public var writes: [Write]

    public init(preconditions: [Precondition] = [], writes: [Write]) {
        self.preconditions = preconditions
        self.writes = writes
    }
}

/// What changed in one commit.
public struct StoreChange: Hashable, Sendable {
    public var revision: Revision
    /// The document after the change; `nil` bytes mean that it was deleted.
    public var key: DocumentKey
    public var bytes: [UInt8]?

    public init(revision: Revision, key: DocumentKey, bytes: [UInt8]?) {
        self.revision = revision
        self.key = key
        self.bytes = bytes
    }
}

public enum StoreError: Error, Hashable, Sendable {
    /// A precondition did not hold; nothing was written. `current` is the document's revision, `nil` when it is absent.
    case conflict(DocumentKey, current: Revision?)
    /// The disk is full, or the medium cannot be written; nothing was written.
    case cannotWrite(String)
    /// The store cannot be used: corrupt, locked by another process, or from a newer release.
    case unusable(String)
    /// Changes since the wanted revision are no longer kept: list again, then watch from there.
    case compacted(oldest: Revision)
}

/// Documents with revisions, compare-and-set, watch and lease: all the state of a control plane.
///
/// Every implementation passes `HalcyonTesting.DocumentStoreConformance`. A commit that returned is on disk.
public protocol DocumentStore: Sendable {
    /// For people, for example `sqlite /var/lib/halcyon/halcyon.db`.
    var location: String { get }

    /// The revision of the last commit; 0 for an empty store.
    func revision() async throws(StoreError) -> Revision

    func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument?

    /// Documents of a collection in the order of their names, from after `after`, whose names start with `prefix`.
    func list(_ collection: String, prefix: String, after: String?, limit: Int) async throws(StoreError)
        -> [StoredDocument]

    /// Like `list`, from the greatest name down, before `before`.
    func listBackwards(_ collection: String, prefix: String, before: String?, limit: Int) async throws(StoreError)
        -> [StoredDocument]

    /// Commits and returns the new revision; every document written has it.
    func commit(_ transaction: Transaction) async throws(StoreError) -> Revision

    /// Changes of later revisions than `since`, in order, one element a commit; ends with the store. Bounded: a reader
    /// that falls behind by more than the kept changes gets `compacted`.
    func changes(since: Revision) -> AsyncThrowingStream<[StoreChange], any Error>

    /// Takes or renews a named lease. Returns false when somebody else holds it.
    func acquireLease(_ name: String, holder: String, seconds: Int) async throws(StoreError) -> Bool

    /// Gives a lease back, if this holder has it.
    func releaseLease(_ name: String, holder: String) async throws(StoreError)
}

extension DocumentStore {
    /// The whole collection, page by page.
    public func listAll(_ collection: String, prefix: String = "") async throws(StoreError) -> [StoredDocument] {
        var all: [StoredDocument] = []
        while true {
            let page = try await list(collection, prefix: prefix, after: all.last?.key.name, limit: 1000)
            all += page
            if page.count < 1000 { return all }
        }
    }
}
