import Flags
import Testing

@Suite struct ExplainTests {
    static let set = """
        {"flags": {
          "cart": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "targeting":
            {"if": [{"==": [{"var": "country"}, "DE"]}, "on",
                    {"and": [{"$ref": "staff"}, {">": [{"var": "age"}, 18]}]}, {"fractional": [["on", 25], ["off", 75]]},
                    {"in": [{"var": "plan"}, ["pro", "team"]]}, "on",
                    "off"]}},
          "plain": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on"},
          "closed": {"state": "DISABLED", "variants": {"on": true}, "defaultVariant": "on"},
          "broken": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on", "targeting": {"iff": [true, "on"]}}},
         "$evaluators": {"staff": {"ends_with": [{"var": "email"}, "@example.com"]}}}
        """

    private func text(_ key: String, _ context: EvaluationContext) throws -> String {
        let set = try snapshot(ExplainTests.set)
        return set.explain(try #require(set.index(of: key)), in: context, at: noon).text
    }

    @Test("an explanation says which condition matched, what decided it, and what was not looked at")
    func conditions() throws {
        let context = EvaluationContext(targetingKey: "user-7", attributes: [("country", "DE")])
        #expect(
            try text("cart", context) == """
                cart answers 'on': condition 1 matches.
                  ✓ country is "DE"
                    → answers "on"
                  · shared rule 'staff' and age is more than 18: not looked at any more
                  · plan is one of "pro" and "team": not looked at any more
                """)
    }

    @Test("an explanation says which bucket out of how many, and who has the others")
    func buckets() throws {
        let context = EvaluationContext(
            targetingKey: "user-5",
            attributes: [("email", "kim@example.com"), ("age", 42), ("country", "AT")])
        #expect(
            try text("cart", context) == """
                cart answers 'on': condition 2 matches, and the key falls into bucket 19 of 100.
                  ✗ country is "DE"; country is "AT"
                  ✓ all of these:
                    ✓ shared rule 'staff':
                      ✓ email ends with "@example.com"; email is "kim@example.com"
                    ✓ age is more than 18; age is 42
                    → bucket 19 of 100 by the flag's key and the targeting key "user-5": "on" ("on" 0–24, "off" 25–99)
                    → clients that evaluate by themselves and hash as v2 give this key "off": this environment hashes as v3
                  · plan is one of "pro" and "team": not looked at any more
                """)
    }

    @Test("an explanation says nothing of other generations that give the same")
    func sameInBoth() throws {
        let context = EvaluationContext(
            targetingKey: "user-8", attributes: [("email", "kim@example.com"), ("age", 42), ("country", "AT")])
        let text = try text("cart", context)
        #expect(text.contains("bucket 1 of 100"))
        #expect(!text.contains("by themselves"))
    }

    @Test("an explanation says why there is no answer of a rule")
    func noRule() throws {
        #expect(
            try text("plain", EvaluationContext()) == "plain answers 'on' for everybody: it has no rule.")
        #expect(
            try text("closed", EvaluationContext())
                == "closed is disabled: callers get their own default.")
        #expect(
            try text("broken", EvaluationContext()) == """
                broken cannot answer (PARSE_ERROR): its rule has something unknown.
                  → there is no operator 'iff': PARSE_ERROR
                """)
        #expect(
            try text("cart", EvaluationContext()).contains("✗ country is \"DE\"; country is not set"))
    }
}
