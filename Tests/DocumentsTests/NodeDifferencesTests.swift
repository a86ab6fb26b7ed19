import Documents
import Testing

private func differences(_ old: String, _ new: String) -> [String] {
    guard
        let old = JSONParser.parse(Array(old.utf8), file: "old").node,
        let new = JSONParser.parse(Array(new.utf8), file: "new").node
    else { return ["not JSON"] }
    return new.differences(from: old)
}

@Suite struct NodeDifferencesTests {
    @Test("fields that changed, came and went")
    func fields() {
        #expect(
            differences(#"{"a":{"b":"10m","c":1,"d":[1]}}"#, #"{"a":{"b":"5m","d":[1],"e":{"f":true}}}"#) == [
                "a.c: 1 → removed", "a.b: 10m → 5m", #"a.e: added {"f":true}"#,
            ])
    }

    @Test("the order of keys is no difference")
    func order() {
        #expect(differences(#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#) == [])
    }

    @Test("items with names are compared by name")
    func namedItems() {
        #expect(
            differences(
                #"{"waves":[{"name":"one","bake":"2m"},{"name":"few","bake":"10m"},{"name":"eu"}]}"#,
                #"{"waves":[{"name":"zero"},{"name":"few","bake":"5m"},{"name":"one","bake":"2m"}]}"#) == [
                    "waves[2]: 'eu' → removed", #"waves[0]: added {"name":"zero"}"#, "waves[1].bake: 10m → 5m",
                    "waves: order one, few → few, one",
                ])
    }

    @Test("other lists are compared as a whole, and long values are cut")
    func lists() {
        #expect(differences(#"{"c":["a"]}"#, #"{"c":["a","b"]}"#) == [#"c: ["a"] → ["a","b"]"#])
        let long = String(repeating: "x", count: 200)
        #expect(differences(#"{"c":""}"#, "{\"c\":\"\(long)\"}") == ["c: \"\" → \(String(repeating: "x", count: 99))…"])
    }
}
