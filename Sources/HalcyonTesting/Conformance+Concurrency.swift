import Ports

extension DocumentStoreConformance {
    static let concurrencyChecks: [Check] = [
        Check("100 tasks count with compare-and-set and lose no count") { subject in
            let store = subject.store
            try await store.put(key, "0")
            let perTask = 5
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        for _ in 0..<perTask { try await increment(store) }
                    }
                }
                try await group.waitForAll()
            }
            try requireEqual(try await store.text(key), "\(100 * perTask)", "the counter")
            try requireEqual(try await store.revision(), Revision(Int64(100 * perTask + 1)), "one revision a commit")
        },
        Check("of many who create a document, one does") { subject in
            let store = subject.store
            let created = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        do {
                            try await store.put(key, "\(number)", if: .absent(key))
                            return true
                        } catch StoreError.conflict {
                            return false
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            try requireEqual(created, 1, "successful creations")
        },
        Check("a conflict harms no other commit of the same moment") { subject in
            let store = subject.store
            try await store.put(key, "taken")
            let revisions = try await withThrowingTaskGroup(of: Revision?.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let own = DocumentKey("many", "\(number)")
                        do {
                            let condition = number % 3 == 0 ? Precondition.absent(key) : .absent(own)
                            return try await store.put(own, "\(number)", if: condition)
                        } catch StoreError.conflict {
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: [Revision]()) { list, revision in
                    if let revision { list.append(revision) }
                }
            }
            try requireEqual(revisions.count, 133, "commits without a conflict")
            try requireEqual(Set(revisions).count, 133, "different revisions")
            let stored = try await store.listAll("many")
            try requireEqual(Set(stored.map(\.revision)), Set(revisions), "the revisions of what is stored")
        },
        Check("a reader sees what was committed before it asked") { subject in
            let store = subject.store
            for number in 0..<100 {
                let revision = try await store.put(key, "\(number)")
                let document = try await store.read(key)
                try requireEqual(document?.revision, revision, "read after commit \(number)")
            }
        },
        Check("a transaction is seen whole by whoever lists") { subject in
            let store = subject.store
            let keys = (0..<10).map { DocumentKey("whole", "\($0)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for round in 0..<60 {
                        let bytes = Array("\(round)".utf8)
                        _ = try await store.commit(Transaction(writes: keys.map { .put($0, bytes) }))
                    }
                }
                group.addTask {
                    for _ in 0..<60 {
                        let seen = try await store.listAll("whole")
                        try require(seen.isEmpty || seen.count == keys.count, "\(seen.count) documents were seen")
                        try require(Set(seen.map(\.revision)).count <= 1, "two revisions were seen at once")
                    }
                }
                try await group.waitForAll()
            }
        },
    ]

    private static func increment(_ store: any DocumentStore) async throws {
        while true {
            guard let document = try await store.read(key),
                let count = Int(String(decoding: document.bytes, as: UTF8.self))
            else { throw BrokenPromise(message: "the counter is gone") }
            do {
                try await store.put(key, "\(count + 1)", if: .unchanged(key, document.revision))
                return
            } catch StoreError.conflict {
                continue
            }
        }
    }
}
