import Ports

extension DocumentStoreConformance {
    private static let other = DocumentKey("things", "two")

    static let transactionChecks: [Check] = [
        Check("compare-and-set takes the present revision only") { subject in
            let store = subject.store
            let first = try await store.put(key, "one")
            let second = try await store.put(key, "two", if: .unchanged(key, first))
            try await requireConflict(key, current: second, "an old revision") {
                try await store.put(key, "three", if: .unchanged(key, first))
            }
            try requireEqual(try await store.text(key), "two", "after the conflict")
            try requireEqual(try await store.revision(), second, "the revision after the conflict")
        },
        Check("a document that is absent is not unchanged") { subject in
            try await requireConflict(key, current: nil, "an absent document") {
                try await subject.store.put(key, "x", if: .unchanged(key, Revision(1)))
            }
            try require(try await subject.store.read(key) == nil, "something was written")
        },
        Check("`absent` refuses a document that is there, and names its revision") { subject in
            let revision = try await subject.store.put(key, "one", if: .absent(key))
            try await requireConflict(key, current: revision, "a document that is there") {
                try await subject.store.put(key, "two", if: .absent(key))
            }
        },
        Check("a delete may have preconditions too") { subject in
            let store = subject.store
            let first = try await store.put(key, "one")
            let second = try await store.put(key, "two")
            try await requireConflict(key, current: second, "an old revision") {
                try await store.delete(key, if: .unchanged(key, first))
            }
            try await store.delete(key, if: .unchanged(key, second))
            try require(try await store.read(key) == nil, "the document is still there")
        },
        Check("one precondition that fails keeps every write away") { subject in
            let store = subject.store
            let kept = try await store.put(other, "kept")
            let transaction = Transaction(
                preconditions: [.unchanged(other, kept), .absent(DocumentKey("a", "x")), .absent(other)],
                writes: [.put(key, [1]), .delete(other), .put(DocumentKey("a", "x"), [2])])
            try await requireConflict(other, current: kept, "the last precondition") {
                try await store.commit(transaction)
            }
            try require(try await store.read(key) == nil, "a document was written")
            try require(
                try await store.read(DocumentKey("a", "x")) == nil, "a document of another collection was written")
            try requireEqual(try await store.text(other), "kept", "the document to delete")
            try requireEqual(try await store.revision(), kept, "the store's revision")
        },
        Check("preconditions may be on documents that are not written") { subject in
            let store = subject.store
            let guardRevision = try await store.put(other, "guard")
            try await store.put(key, "one", if: .unchanged(other, guardRevision))
            try requireEqual(try await store.text(key), "one", "written")
            try requireEqual(try await store.read(other)?.revision, guardRevision, "the guard's revision")
        },
        Check("all writes of a transaction have its one revision") { subject in
            let store = subject.store
            let keys = (0..<50).map { DocumentKey($0 % 2 == 0 ? "even" : "odd", "\($0)") }
            let revision = try await store.commit(Transaction(writes: keys.map { .put($0, [7]) }))
            for key in keys {
                try requireEqual(try await store.read(key)?.revision, revision, "\(key.collection)/\(key.name)")
            }
        },
        Check("what changes nothing leaves the revision as it is") { subject in
            let store = subject.store
            let revision = try await store.put(key, "one")
            try requireEqual(try await store.commit(Transaction(writes: [])), revision, "no writes")
            try requireEqual(try await store.delete(other), revision, "deleting what is absent")
            try await requireConflict(key, current: revision, "no writes, a precondition that fails") {
                try await store.commit(Transaction(preconditions: [.absent(key)], writes: []))
            }
            try requireEqual(try await store.revision(), revision, "the store's revision")
        },
        Check("a document that is written twice in one transaction is refused") { subject in
            do {
                _ = try await subject.store.commit(Transaction(writes: [.put(key, [1]), .delete(key)]))
                throw BrokenPromise(message: "it was committed")
            } catch let error as StoreError {
                guard case .cannotWrite = error else {
                    throw BrokenPromise(message: "expected cannotWrite, found \(error)")
                }
            }
            try requireEqual(try await subject.store.revision(), Revision(0), "the store's revision")
        },
    ]
}
