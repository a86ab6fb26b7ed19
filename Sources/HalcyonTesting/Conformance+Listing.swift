import Ports

extension DocumentStoreConformance {
    private static let names = ["a", "a0", "a1", "a10", "a2", "b", "ba", "c"]

    private static func filled(_ store: any DocumentStore) async throws {
        for name in names.shuffled() { try await store.put(DocumentKey("list", name), name) }
        try await store.put(DocumentKey("lisu", "a3"), "elsewhere")
        try await store.put(DocumentKey("lis", "a3"), "elsewhere")
    }

    private static func forwards(
        _ store: any DocumentStore, _ prefix: String, after: String? = nil, limit: Int = 100
    ) async throws -> [String] {
        try await store.list("list", prefix: prefix, after: after, limit: limit).map(\.key.name)
    }

    private static func backwards(
        _ store: any DocumentStore, _ prefix: String, before: String? = nil, limit: Int = 100
    ) async throws -> [String] {
        try await store.listBackwards("list", prefix: prefix, before: before, limit: limit).map(\.key.name)
    }

    static let listingChecks: [Check] = [
        Check("list is in the order of the names, of one collection") { subject in
            let store = subject.store
            try await filled(store)
            try requireEqual(try await forwards(store, ""), names, "all")
            try requireEqual(try await forwards(store, "a1"), ["a1", "a10"], "prefix a1")
            try requireEqual(try await forwards(store, "d"), [], "a prefix of nothing")
        },
        Check("list goes on after a name, within the prefix and the limit") { subject in
            let store = subject.store
            try await filled(store)
            try requireEqual(try await forwards(store, "", after: "a10"), ["a2", "b", "ba", "c"], "after a10")
            try requireEqual(
                try await forwards(store, "", after: "a11"), ["a2", "b", "ba", "c"], "after an absent name")
            try requireEqual(try await forwards(store, "b", after: "a"), ["b", "ba"], "after a name before the prefix")
            try requireEqual(try await forwards(store, "a", after: "b"), [], "after a name beyond the prefix")
            try requireEqual(
                try await forwards(store, "a", after: "a"), ["a0", "a1", "a10", "a2"], "after the prefix itself")
            try requireEqual(try await forwards(store, "a", after: "a0", limit: 2), ["a1", "a10"], "limit 2")
            try requireEqual(try await forwards(store, "", limit: 0), [], "limit 0")
        },
        Check("listBackwards is list turned round") { subject in
            let store = subject.store
            try await filled(store)
            try requireEqual(try await backwards(store, ""), names.reversed(), "all")
            try requireEqual(try await backwards(store, "a1"), ["a10", "a1"], "prefix a1")
            try requireEqual(try await backwards(store, "", before: "a10"), ["a1", "a0", "a"], "before a10")
            try requireEqual(
                try await backwards(store, "", before: "a11", limit: 2), ["a10", "a1"], "before an absent name")
            try requireEqual(
                try await backwards(store, "a", before: "b"), ["a2", "a10", "a1", "a0", "a"], "beyond the prefix")
            try requireEqual(try await backwards(store, "b", before: "a"), [], "before the prefix")
            try requireEqual(try await backwards(store, "b", before: "b"), [], "before the prefix itself")
            try requireEqual(try await backwards(store, "", before: ""), [], "before the empty name")
            try requireEqual(try await backwards(store, "", limit: 0), [], "limit 0")
        },
        Check("prefixes are bytes, whatever they hold") { subject in
            for name in awkwardNames { try await subject.store.put(DocumentKey("list", name), name) }
            for prefix in awkwardNames {
                let expected = awkwardNames.map { Array($0.utf8) }.filter { $0.starts(with: Array(prefix.utf8)) }
                    .sorted { $0.lexicographicallyPrecedes($1) }
                let found = try await forwards(subject.store, prefix).map { Array($0.utf8) }
                try requireEqual(found, expected, "prefix \(Array(prefix.utf8))")
                let reversed = try await backwards(subject.store, prefix).map { Array($0.utf8) }
                try requireEqual(reversed, expected.reversed(), "backwards, prefix \(Array(prefix.utf8))")
            }
        },
        Check("a large collection is listed whole, page by page") { subject in
            let names = (0..<2500).map { "\(10_000 + $0)" }
            for start in stride(from: 0, to: names.count, by: 500) {
                let writes = names[start..<start + 500].map { Write.put(DocumentKey("list", $0), Array($0.utf8)) }
                _ = try await subject.store.commit(Transaction(writes: writes))
            }
            try requireEqual(try await subject.store.listAll("list").map(\.key.name), names, "all pages")
        },
    ]
}
