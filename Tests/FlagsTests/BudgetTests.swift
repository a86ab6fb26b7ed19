import Documents
import Testing

@testable import Flags

/// A set of one flag `f` with this rule.
private func one(_ targeting: String) throws -> FlagSnapshot {
    try snapshot(
        #"{"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "targeting": \#(targeting)}}}"#
    )
}

private func numbers(_ count: Int) -> String { "[\((0..<count).map(String.init).joined(separator: ","))]" }

@Suite("What an evaluation may do", .timeLimit(.minutes(2)))
struct BudgetTests {
    @Test(
        "A rule that makes much of a small context ends with GENERAL",
        arguments: [
            (#"{"reduce": [{"var": "l"}, {"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}, "x"]}"#, 45),
            (#"{"reduce": [{"var": "l"}, {"merge": [{"var": "accumulator"}, {"var": "accumulator"}]}, [1]]}"#, 45),
            (#"{"cat": [{"reduce": [{"var": "l"}, [{"var": "accumulator"}, {"var": "accumulator"}], 1]}]}"#, 45),
            (#"{"reduce": [{"var": "l"}, [{"var": "accumulator"}], 1]}"#, 100_000),
            (#"{"reduce": [{"var": "l"}, {"var": ""}, 1]}"#, 100_000),
        ])
    func growth(rule: String, items: Int) throws {
        #expect(try one(rule).answer("f", #"{"l": \#(numbers(items))}"#) == "- ERROR GENERAL")
    }

    @Test("Lists within lists are gone through as often as the budget allows, and no more")
    func nesting() throws {
        let items = (0..<150).map { _ in numbers(150) }.joined(separator: ",")
        let rule = #"{"if": [{"map": [{"var": "l"}, {"map": [{"var": ""}, {"+": [{"var": ""}, 1]}]}]}, "on", "off"]}"#
        #expect(try one(rule).answer("f", #"{"l": [\#(items)]}"#) == "on TARGETING_MATCH")
        let many = (0..<1500).map { _ in numbers(500) }.joined(separator: ",")
        #expect(try one(rule).answer("f", #"{"l": [\#(many)]}"#) == "- ERROR GENERAL")
    }

    @Test("Every evaluation has the whole budget, also in one bound context")
    func refilling() throws {
        let set = try one(#"{"if": [{"reduce": [{"var": "l"}, {"+": [{"var": "accumulator"}, 1]}, 0]}, "on", "off"]}"#)
        var bound = BoundContext()
        try set.bind(json: Array(#"{"l": \#(numbers(20_000))}"#.utf8), into: &bound)
        for _ in 0..<20 { #expect(set.evaluate(0, in: &bound, at: noon).variant == 0) }
    }

    @Test("An explanation says that a rule takes too much work")
    func explaining() throws {
        let set = try one(
            #"{"reduce": [[1,2,3,4,5,6,7,8,9,10], {"cat": [{"var": "accumulator"}, {"var": "accumulator"}, {"var": "accumulator"}, {"var": "accumulator"}]}, "xxxxxxxx"]}"#
        )
        let explanation = set.explain(0, in: EvaluationContext(), at: noon)
        #expect(explanation.resolution.error == .general)
        #expect(explanation.summary.contains("takes more work"))
    }

    @Test("A part is found in a text in time that grows with the text only, and found where it is")
    func finding() throws {
        let set = try one(#"{"if": [{"in": [{"var": "part"}, {"var": "text"}]}, "on", "off"]}"#)
        let text = String(repeating: "a", count: 400_000)
        let part = String(repeating: "a", count: 200_000)
        #expect(try set.answer("f", #"{"text": "\#(text)", "part": "\#(part)b"}"#) == "off TARGETING_MATCH")
        #expect(try set.answer("f", #"{"text": "\#(text)b", "part": "\#(part)b"}"#) == "on TARGETING_MATCH")
        let fixed = try one(#"{"if": [{"in": ["\#(part.prefix(1000))b", {"var": "text"}]}, "on", "off"]}"#)
        #expect(try fixed.answer("f", #"{"text": "\#(text)"}"#) == "off TARGETING_MATCH")
        #expect(try fixed.answer("f", #"{"text": "\#(text)b"}"#) == "on TARGETING_MATCH")
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let text = String((0..<300).map { _ in Bool.random(using: &generator) ? "a" : "b" })
            let start = Int.random(in: 0..<200, using: &generator)
            let part = String(text.dropFirst(start).prefix(90))
            #expect(try set.answer("f", #"{"text": "\#(text)", "part": "\#(part)"}"#) == "on TARGETING_MATCH")
            let other = String(part.dropLast()) + "c"
            #expect(try set.answer("f", #"{"text": "\#(text)", "part": "\#(other)"}"#) == "off TARGETING_MATCH")
        }
    }

    @Test("Missing attributes are looked up, not searched for")
    func missing() throws {
        let members = (0..<20_000).map { #""a\#($0)": 1"# }.joined(separator: ",")
        let keys = (0..<20_001).map { #""a\#($0)""# }.joined(separator: ",")
        let set = try one(#"{"if": [{"==": [{"cat": [{"missing": {"var": "keys"}}]}, "a20000"]}, "on", "off"]}"#)
        #expect(try set.answer("f", #"{\#(members), "keys": [\#(keys)]}"#) == "on TARGETING_MATCH")
    }

    @Test("What $flagd says is in the context, and not in the items of a list")
    func flagd() throws {
        let rule =
            #"{"if": [{"map": [[1], {"var": "$flagd.flagKey"}]}, {"cat": [{"var": "$flagd.flagKey"}, {"var": ["", 1]}]}]}"#
        let set = try snapshot(
            #"{"flags": {"f": {"state": "ENABLED", "variants": {"f[object Object]": true}, "defaultVariant": null, "targeting": \#(rule)}}}"#
        )
        #expect(try set.answer("f", #"{"$flagd": 5}"#) == "f[object Object] TARGETING_MATCH")
        let inner = try one(#"{"if": [{"some": [[1], {"var": "$flagd"}]}, "on", "off"]}"#)
        #expect(try inner.answer("f") == "off TARGETING_MATCH")
    }
}

@Suite("Large contexts", .timeLimit(.minutes(2)))
struct LargeContextTests {
    @Test("A whole number has at most 4300 digits, as in reference evaluators")
    func digits() throws {
        let set = try one(#"{"if": [{">": [{"var": "n"}, 5]}, "on", "off"]}"#)
        let longest = String(repeating: "9", count: 4300)
        #expect(try set.answer("f", #"{"n": \#(longest)}"#) == "on TARGETING_MATCH")
        #expect(try set.answer("f", #"{"n": -\#(longest)}"#) == "off TARGETING_MATCH")
        for context in [
            #"{"n": \#(longest)9}"#, #"{"other": [-\#(longest)9]}"#,
            #"{"n": \#(String(repeating: "7", count: 9_000_000))}"#,
        ] {
            let problem = #expect(throws: ContextProblem.self) { try set.answer("f", context) }
            #expect(problem?.message.contains("at most 4300 are read") == true)
        }
    }

    @Test("Large numbers are the same bytes as when they were calculated digit by digit")
    func largeBytes() {
        func slow(_ digits: String) -> [UInt8] {
            var bytes: [UInt8] = []
            for digit in digits.utf8 {
                var carry = UInt16(digit - UInt8(ascii: "0"))
                for index in bytes.indices.reversed() {
                    carry += UInt16(bytes[index]) * 10
                    bytes[index] = UInt8(truncatingIfNeeded: carry)
                    carry >>= 8
                }
                if carry > 0 { bytes.insert(UInt8(carry), at: 0) }
            }
            return bytes
        }
        for count in [19, 20, 36, 37, 55, 100, 311] {
            let digits = String((0..<count).map { _ in Character("\(Int.random(in: 1...9))") })
            #expect(LargeInteger(value: 0, digits: digits).bytes == slow(digits))
        }
        #expect(LargeInteger(value: 0, digits: "-18446744073709551616").bytes == Array(repeating: 0xff, count: 8))
        #expect(LargeInteger(value: 0, digits: "-18446744073709551617").bytes == [1] + Array(repeating: 0, count: 8))
    }

    @Test("Of an attribute that is there twice the last one counts, with all that is below it, however often it comes")
    func repetition() throws {
        let set = try one(
            #"{"if": [{"==": [{"var": "u.a"}, 1]}, "on", {"==": [{"var": "u.b.c"}, 2]}, "off", {"==": [{"var": "v"}, 3]}, "on", null]}"#
        )
        #expect(try set.answer("f", #"{"u": {"a": 1}, "u": {"b": {"c": 2}}}"#) == "off TARGETING_MATCH")
        #expect(try set.answer("f", #"{"u": {"b": {"c": 2}}, "u": {"a": 1}}"#) == "on TARGETING_MATCH")
        #expect(try set.answer("f", #"{"u": {"b": {"c": 2}, "b": {}}}"#) == "off DEFAULT")
        #expect(try set.answer("f", #"{"u": {"a": 1}, "u": null}"#) == "off DEFAULT")
        #expect(try set.answer("f", #"{"u": {"a": 1, "a": null}}"#) == "off DEFAULT")
        #expect(try set.answer("f", #"{"u": {"a": null, "a": 5, "a": null, "a": 1}}"#) == "on TARGETING_MATCH")
        let many = String(repeating: #""u": {"a": 1, "b": {"c": 2}},"#, count: 100_000)
        #expect(try set.answer("f", #"{\#(many) "u": {"a": 0}, "v": 3}"#) == "on TARGETING_MATCH")
    }

    @Test("One bound context serves many sets and contexts, and nothing is left of the one before")
    func reuse() throws {
        let small = try one(#"{"if": [{"var": "u.a"}, "on", "off"]}"#)
        let names = (0..<300).map { #"{"var": "u.x\#($0)"}"# }.joined(separator: ",")
        let large = try one(#"{"if": [{"or": [\#(names)]}, "on", "off"]}"#)
        var bound = BoundContext()
        func answer(_ set: FlagSnapshot, _ json: String) throws -> Int32 {
            try set.bind(json: Array(json.utf8), into: &bound)
            return set.evaluate(0, in: &bound, at: noon).variant
        }
        for _ in 0..<3 {
            #expect(try answer(small, #"{"u": {"a": 1}}"#) == 0)
            #expect(try answer(large, #"{"u": {"a": 1}}"#) == 1)
            #expect(try answer(large, #"{"u": {"x299": 1}}"#) == 0)
            #expect(try answer(small, #"{"u": {}}"#) == 1)
        }
    }

    @Test("The memory of a large context is given back with the next one")
    func memory() throws {
        let set = try one(#"{"if": [{"var": "a"}, "on", "off"]}"#)
        var bound = BoundContext()
        try set.bind(json: Array(#"{"a": "\#(String(repeating: "x", count: 5_000_000))"}"#.utf8), into: &bound)
        #expect(bound.capacity > 5_000_000)
        #expect(bound.capacity < 11_000_000)
        try set.bind(json: Array(#"{"a": "x"}"#.utf8), into: &bound)
        #expect(bound.capacity <= BoundContext.keptBytes)
        #expect(set.evaluate(0, in: &bound, at: noon).variant == 0)
    }
}

@Suite("Metadata")
struct MetadataTests {
    @Test("Too much metadata is refused at its place, of a flag or of the set")
    func limit() {
        let much = String(repeating: "x", count: FlagSetCompiler.metadataLimit)
        let flag = #""state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a""#
        let sets = [
            #"{"flags": {"f": {\#(flag)}}, "metadata": {"note": "\#(much)"}}"#: "metadata",
            #"{"flags": {"f": {\#(flag), "metadata": {"note": "\#(much)"}}}}"#: "flags.f.metadata",
        ]
        for (set, path) in sets {
            let (snapshot, issues) = compile(set)
            #expect(snapshot == nil)
            #expect(issues.first?.path == path)
            #expect(issues.first?.message.contains("at most 16384") == true)
        }
    }

    @Test("What a missing default variant means is said by its name, and where to look")
    func details() throws {
        let set = try snapshot(SnapshotTests.set)
        let lost = try #require(set.index(of: "lost"))
        #expect(
            set.details(of: .general, lost)
                == "the flag's default variant 'of' does not exist: see 'halcyon flag get lost'")
        let cart = try #require(set.index(of: "cart"))
        #expect(set.details(of: .general, cart).hasPrefix("the flag's rule gives something"))
    }
}
