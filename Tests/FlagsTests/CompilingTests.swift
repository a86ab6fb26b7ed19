import Documents
import Flags
import Testing

@Suite struct CompilingTests {
    private func first(_ json: String) -> String {
        compile(json).issues.first?.description ?? "no issue"
    }

    private func flag(_ members: String) -> String {
        "{\"flags\": {\"a\": {\"state\": \"ENABLED\", \"variants\": {\"on\": 1, \"off\": 2}\(members)}}}"
    }

    @Test("a set that cannot be used is refused as a whole, with the place of each error")
    func errors() {
        #expect(compile(#"{"flag": {}}"#).snapshot == nil)
        #expect(first(#"[]"#).hasPrefix("flags.json:1:1: expected a flag set, found a list"))
        #expect(
            first(#"{"flags": {"a": {"variants": {"on": 1}}}}"#).contains(
                "1:17: flags.a: 'state' is missing"))
        #expect(
            first(#"{"flags": {"a": {"state": "ON", "variants": {"on": 1}}}}"#).contains(
                "expected ENABLED or DISABLED"))
        #expect(
            first(#"{"flags": {"a": {"state": "ENABLED", "variants": {}}}}"#).contains(
                "at least one variant"))
        #expect(
            first(flag(#", "targeting": [1]"#)).contains(
                "flags.a.targeting: expected a rule, found a list"))
        #expect(
            first(flag(#", "metadata": {"a": null}"#)).contains(
                "flags.a.metadata.a: expected a text, a number, true or false"))
        #expect(compile(#"{"flags": {"a": {}, "a": {}}}"#).snapshot == nil)
        let deep = String(repeating: #"{"!":"#, count: 110) + "1" + String(repeating: "}", count: 110)
        #expect(first(flag(", \"targeting\": \(deep)")).contains("nested deeper than 100 levels"))
    }

    @Test("what will not work is a warning, with the nearest thing that would")
    func warnings() {
        #expect(first(flag(#", "defaultVariant": "onn""#)).contains("there is no variant 'onn'"))
        #expect(first(flag(#", "defaultVariant": "onn""#)).contains("did you mean 'on'?"))
        #expect(
            first(flag(#", "targeting": {"start_with": [1, 2]}"#)).contains("did you mean 'starts_with'?")
        )
        #expect(
            first(flag(#", "targeting": {"$ref": "staff"}"#)).contains(
                "the shared rule 'staff' is not there"))
        #expect(
            first(flag(#", "descripton": "x""#)).contains("unknown member 'descripton' is left out"))
        #expect(
            first(flag(#", "targeting": {"fractional": [["on", 1], ["off", 1]]}"#)).contains(
                "1 flag splits users"))
        let mixed = #"{"flags": {"a": {"state": "ENABLED", "variants": {"on": 1, "off": "x"}}}}"#
        #expect(first(mixed).contains("variants of several kinds (integer and string)"))
        #expect(compile(mixed).snapshot != nil)
    }

    @Test("rules that refer to each other cannot grow without bounds")
    func growth() {
        let rules = (0..<12).map {
            #""e\#($0)": {"and": [\#(Array(repeating: "{\"$ref\": \"e\($0 + 1)\"}", count: 8).joined(separator: ","))]}"#
        }
        let json =
            #"{"flags": {"a": {"state": "ENABLED", "variants": {"on": 1}, "targeting": {"$ref": "e0"}}}, "$evaluators": {\#(rules.joined(separator: ","))}}"#
        #expect(first(json).contains("more than 20000 values"))
    }

    @Test("flags that have not changed are taken over, and the result is the same as a fresh one")
    func reuse() throws {
        let old = try snapshot(SnapshotTests.set)
        let text = SnapshotTests.set.replacing("gold", with: "silver")
        let node = try #require(JSONParser.parse(Array(text.utf8), file: "flags.json").node)
        let fresh = try #require(FlagSnapshot.compile(node, file: "flags.json").snapshot)
        let reused = try #require(FlagSnapshot.compile(node, file: "flags.json", reusing: old).snapshot)
        #expect(fresh.etag == reused.etag)
        #expect(fresh.syncPayload == reused.syncPayload)
        #expect(reused.changedKeys(since: old).map(\.key) == ["cart"])
        #expect(reused.changedKeys(since: fresh).isEmpty)
        #expect(try reused.answer("cart", #"{"tier": "silver"}"#) == "on TARGETING_MATCH")
        #expect(try reused.answer("plain") == "a STATIC")
    }

    @Test("the payload for sync clients has flagd's members only")
    func payload() throws {
        let set = try snapshot(
            #"{"flags": {"a": {"owner": "x", "variants": {"on": 1.0}, "state": "ENABLED", "source": "f"}}, "other": 1}"#
        )
        #expect(
            String(decoding: set.syncPayload, as: UTF8.self)
                == #"{"flags":{"a":{"state":"ENABLED","variants":{"on":1.0}}}}"#)
    }
}
