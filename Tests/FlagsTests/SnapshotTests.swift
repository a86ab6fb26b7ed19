import Documents
import Flags
import Testing
import Values

@Suite struct SnapshotTests {
    static let set = """
        {"flags": {
          "cart": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
            "targeting": {"if": [{"$ref": "staff"}, "on", {"==": [{"var": "tier"}, "gold"]}, "on", null]},
            "metadata": {"owner": "shop", "version": 2}},
          "plain": {"state": "ENABLED", "variants": {"a": 1.0, "b": 2}, "defaultVariant": "a"},
          "gone": {"state": "DISABLED", "variants": {"on": true}, "defaultVariant": "on"},
          "open": {"state": "ENABLED", "variants": {"on": true}},
          "lost": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "of"}},
         "$evaluators": {"staff": {"ends_with": [{"var": "email"}, "@example.com"]}},
         "metadata": {"flagSetId": "shop", "version": 1}}
        """

    @Test("a flag set is compiled, and answers as flagd does")
    func answers() throws {
        let shop = try snapshot(SnapshotTests.set)
        #expect(try shop.answer("cart", #"{"email": "ann@example.com"}"#) == "on TARGETING_MATCH")
        #expect(try shop.answer("cart", #"{"tier": "gold"}"#) == "on TARGETING_MATCH")
        #expect(try shop.answer("cart", #"{"tier": "silver"}"#) == "off DEFAULT")
        #expect(try shop.answer("plain") == "a STATIC")
        #expect(try shop.answer("gone") == "- DISABLED")
        #expect(try shop.answer("open") == "- DEFAULT")
        #expect(try shop.answer("lost") == "- ERROR GENERAL")
        #expect(try shop.answer("missing") == "- ERROR FLAG_NOT_FOUND")
    }

    @Test("values keep their kind, and metadata is the flag's over the set's")
    func values() throws {
        let shop = try snapshot(SnapshotTests.set)
        let plain = try #require(shop.index(of: "plain"))
        #expect(shop.json(plain, 0) == Array("1.0".utf8))
        #expect(shop.kind(plain, 0) == .double)
        #expect(shop.integer(plain, 0) == 1)
        #expect(shop.double(plain, 1) == 2)
        #expect(!shop.fits(.boolean, plain, 0))
        let cart = try #require(shop.index(of: "cart"))
        #expect(
            shop.metadataJSON(cart) == Array(#"{"flagSetId":"shop","version":2,"owner":"shop"}"#.utf8))
    }

    @Test("what changed between two sets is told by key, also when only a shared rule changed")
    func changes() throws {
        let old = try snapshot(SnapshotTests.set)
        let new = try snapshot(
            SnapshotTests.set.replacing("@example.com", with: "@example.org").replacing(
                "\"open\"", with: "\"opened\""))
        #expect(
            new.changedKeys(since: old).map { "\($0.key) \($0.kind)" } == [
                "cart update", "open delete", "opened write",
            ])
        #expect(old.etag != new.etag)
        #expect(try snapshot(SnapshotTests.set).etag == old.etag)
    }

    @Test(
        "a context that is bound for another snapshot answers with an error, never with another flag's variant"
    )
    func otherSnapshot() throws {
        let (one, other) = (try snapshot(SnapshotTests.set), try snapshot(SnapshotTests.set))
        var bound = BoundContext()
        one.bind(EvaluationContext(targetingKey: "ann"), into: &bound)
        #expect(other.evaluate(0, in: &bound, at: noon).error == .general)
    }

    @Test(
        "a context that cannot be used says why",
        arguments: [
            "[]", "1", "", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":01}"#, #"{"a":"\x"}"#,
            #"{"a":"\ud800"}"#,
            "{} {}", String(repeating: #"{"a":"#, count: 200),
        ])
    func badContext(_ json: String) throws {
        let shop = try snapshot(SnapshotTests.set)
        #expect(throws: ContextProblem.self) { try shop.answer("cart", json) }
    }

    @Test("a published snapshot is the current one")
    func cell() throws {
        let cell = SnapshotCell()
        #expect(cell.read { $0.count } == 0)
        cell.publish(try snapshot(SnapshotTests.set))
        #expect(cell.read { $0.keys } == ["cart", "plain", "gone", "open", "lost"])
    }
}
