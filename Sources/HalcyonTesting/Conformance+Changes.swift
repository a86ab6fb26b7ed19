import Ports

extension DocumentStoreConformance {
    static let changeChecks: [Check] = [
        Check("a watcher from the past is given every commit, then what follows") { subject in
            let store = subject.store
            for number in 1...5 { try await store.put(DocumentKey("watched", "\(number)"), "\(number)") }
            var watcher = store.changes(since: Revision(2)).makeAsyncIterator()
            for number in 3...5 {
                try requireEqual(
                    try await watcher.next().map(summary), ["\(number) watched/\(number)=\(number)"], "past")
            }
            try await store.put(key, "live")
            try requireEqual(try await watcher.next().map(summary), ["6 things/one=live"], "live")
        },
        Check("a watcher from the present is given what comes later only") { subject in
            let store = subject.store
            let now = try await store.put(key, "old")
            let changes = store.changes(since: now)
            try await store.put(key, "new")
            var watcher = changes.makeAsyncIterator()
            try requireEqual(try await watcher.next().map(summary), ["2 things/one=new"], "the first change")
        },
        Check("a commit is one element, with its puts and deletes") { subject in
            let store = subject.store
            let gone = DocumentKey("things", "gone")
            let since = try await store.put(gone, "x")
            _ = try await store.commit(
                Transaction(writes: [.put(key, [65]), .delete(gone), .delete(DocumentKey("never", "there"))]))
            _ = try await store.commit(Transaction(writes: [.put(gone, [])]))
            var watcher = store.changes(since: since).makeAsyncIterator()
            try requireEqual(
                try await watcher.next().map { summary($0).sorted() }, ["2 things/gone deleted", "2 things/one=A"],
                "changes")
            try requireEqual(
                try await watcher.next().map(summary), ["3 things/gone="], "an empty document is not a deletion")
        },
        Check("a conflict is not a change") { subject in
            let store = subject.store
            try await store.put(key, "one")
            _ = try? await store.put(key, "two", if: .absent(key))
            try await store.put(key, "three")
            var watcher = store.changes(since: Revision(0)).makeAsyncIterator()
            try requireEqual(try await watcher.next().map(summary), ["1 things/one=one"], "first")
            try requireEqual(try await watcher.next().map(summary), ["2 things/one=three"], "second")
        },
        Check("watchers see concurrent commits exactly once, in order") { subject in
            let store = subject.store
            let commits = 600
            try await withThrowingTaskGroup(of: Void.self) { group in
                // One from the start, the others from wherever the store is by then.
                for late in [false, true, true, true] {
                    group.addTask { try await follow(store, late: late, to: commits) }
                }
                for writer in 0..<20 {
                    group.addTask {
                        for number in 0..<(commits / 20) {
                            try await store.put(DocumentKey("w\(writer)", "x"), "\(number)")
                        }
                    }
                }
                try await group.waitForAll()
            }
        },
        Check("a slow watcher misses nothing that is kept") { subject in
            let store = subject.store
            var watcher = store.changes(since: Revision(0)).makeAsyncIterator()
            for number in 0..<3000 {
                try await store.put(DocumentKey("slow", "\(number % 10)"), "\(number)")
                if number == 1 { try requireEqual(try await watcher.next()?.first?.revision, Revision(1), "the first") }
            }
            for number in 2...3000 {
                try requireEqual(try await watcher.next()?.first?.revision, Revision(Int64(number)), "in order")
            }
        },
        Check("a revision that the store has not reached is told to list again") { subject in
            try await subject.store.put(key, "one")
            var watcher = subject.store.changes(since: Revision(1000)).makeAsyncIterator()
            do {
                let changes = try await watcher.next()
                throw BrokenPromise(message: "expected compacted, found \(changes.map(summary) ?? [])")
            } catch StoreError.compacted {
                return
            }
        },
        Check("a watcher that is cancelled ends") { subject in
            let changes = subject.store.changes(since: Revision(0))
            let task = Task {
                for try await _ in changes {}
                return true
            }
            task.cancel()
            _ = await task.result
        },
        Check("watchers end with the store") { subject in
            try await subject.store.put(key, "one")
            let changes = subject.store.changes(since: Revision(0))
            var watcher = changes.makeAsyncIterator()
            _ = try await watcher.next()
            let close = subject.close
            async let closed: Void = close()
            let last = try await watcher.next()
            await closed
            try require(last == nil, "there was another element")
        },
    ]

    private static func follow(_ store: any DocumentStore, late: Bool, to commits: Int) async throws {
        let since = late ? try await store.revision() : Revision(0)
        var expected = since.number
        if expected == commits { return }
        for try await changes in store.changes(since: since) {
            expected += 1
            try requireEqual(changes.map(\.revision), [Revision(expected)], "the next commit")
            if expected == commits { return }
        }
        throw BrokenPromise(message: "the watcher ended at revision \(expected)")
    }

    private static func summary(_ changes: [StoreChange]) -> [String] {
        changes.map { change in
            let text = change.bytes.map { "=" + String(decoding: $0, as: UTF8.self) } ?? " deleted"
            return "\(change.revision.number) \(change.key.collection)/\(change.key.name)\(text)"
        }
    }
}
