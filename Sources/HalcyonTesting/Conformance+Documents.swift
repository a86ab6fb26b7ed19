import Ports

extension DocumentStoreConformance {
    static let documentChecks: [Check] = [
        Check("an empty store is at revision 0 and has no documents") { subject in
            try requireEqual(try await subject.store.revision(), Revision(0), "revision")
            try require(try await subject.store.read(key) == nil, "a document was there")
            let listed = try await subject.store.list("things", prefix: "", after: nil, limit: 10)
            try requireEqual(listed, [], "list")
        },
        Check("what was put is read back with the revision of its commit") { subject in
            let revision = try await subject.store.put(key, "one")
            try requireEqual(revision, Revision(1), "the first commit's revision")
            let document = try await subject.store.read(key)
            try requireEqual(
                document, StoredDocument(key: key, revision: revision, bytes: Array("one".utf8)), "document")
            try requireEqual(try await subject.store.revision(), revision, "the store's revision")
        },
        Check("collections are apart, whatever their names") { subject in
            try await subject.store.put(DocumentKey("a", "b/c"), "first")
            try await subject.store.put(DocumentKey("a/b", "c"), "second")
            try requireEqual(try await subject.store.text(DocumentKey("a", "b/c")), "first", "a, b/c")
            try requireEqual(try await subject.store.text(DocumentKey("a/b", "c")), "second", "a/b, c")
        },
        Check("revisions rise by commit, store-wide, across collections") { subject in
            var last = Revision(0)
            for collection in ["a", "b", "a", "c"] {
                let revision = try await subject.store.put(DocumentKey(collection, "x"), "v")
                try require(revision > last, "revision \(revision.number) after \(last.number)")
                last = revision
            }
        },
        Check("a deleted document is gone, and may come back with a later revision") { subject in
            let first = try await subject.store.put(key, "one")
            let second = try await subject.store.delete(key)
            try require(second > first, "the deletion's revision did not rise")
            try require(try await subject.store.read(key) == nil, "the document is still there")
            let third = try await subject.store.put(key, "again", if: .absent(key))
            try require(third > second, "the new document's revision did not rise")
        },
        Check("an empty document is a document") { subject in
            let revision = try await subject.store.commit(Transaction(writes: [.put(key, [])]))
            try requireEqual(
                try await subject.store.read(key), StoredDocument(key: key, revision: revision, bytes: []), "document")
            try await requireConflict(key, current: revision, "absent") {
                try await subject.store.put(key, "x", if: .absent(key))
            }
        },
        Check("every byte comes back as it was, and 4 MB of them") { subject in
            var bytes = (0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            bytes.replaceSubrange(0..<256, with: (0...255).map { UInt8($0) })
            let large = bytes
            _ = try await subject.store.commit(Transaction(writes: [.put(key, large)]))
            let document = try await subject.store.read(key)
            try require(document?.bytes == large, "the bytes differ")
            let listed = try await subject.store.list(key.collection, prefix: "", after: nil, limit: 1)
            try require(listed.first?.bytes == large, "the listed bytes differ")
        },
        Check("names may hold every character, and are told apart by their bytes") { subject in
            let keys = awkwardNames.map { DocumentKey("awkward", $0) }
            for (index, key) in keys.enumerated() { try await subject.store.put(key, "\(index)", if: .absent(key)) }
            for (index, key) in keys.enumerated() {
                try requireEqual(try await subject.store.text(key), "\(index)", "name \(Array(key.name.utf8))")
            }
            let listed = try await subject.store.listAll("awkward").map { Array($0.key.name.utf8) }
            let expected = awkwardNames.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
            try requireEqual(listed, expected, "the order of the names' bytes")
        },
        Check("collections may have any name too") { subject in
            for (index, name) in awkwardNames.enumerated() {
                try await subject.store.put(DocumentKey(name, "x"), "\(index)")
            }
            for (index, name) in awkwardNames.enumerated() {
                let listed = try await subject.store.listAll(name).map { String(decoding: $0.bytes, as: UTF8.self) }
                try requireEqual(listed, ["\(index)"], "collection \(Array(name.utf8))")
            }
        },
    ]

    static let key = DocumentKey("things", "one")

    /// No two have the same bytes; some have the same letters for a person, or for Swift.
    static let awkwardNames = [
        "", " ", "a", "A", "a ", " a", "a/b", "a\\b", "../a", "a%", "a_", "a*", "a'b", "a\"b", "a\nb", "a\0", "a\0b",
        "\0",
        "é", "e\u{301}", "ß", "ẞ", "ı", "日本", "👩‍🚀", "\u{FEFF}a", "\u{10FFFF}", "\u{7F}", "\u{80}", "~", "NULL", "0",
        "00",
        String(repeating: "long", count: 200),
    ]
}
