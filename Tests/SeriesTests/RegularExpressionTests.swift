import Testing

@testable import Series

@Suite("Regular expressions")
struct RegularExpressionTests {
    @Test(
        "match whole texts as RE2 does",
        arguments: [
            ("5..", "503", true), ("5..", "5033", false), ("5..", "50", false), ("", "", true), ("", "a", false),
            ("GET|POST", "POST", true), ("GET|POST", "POSTS", false), (".*", "", true), (".*", "a\nb", true),
            (".+", "", false), ("(?-s).*", "a\nb", false), ("api|web-[0-9]+", "web-12", true),
            ("[^a-c]+", "xyz", true), ("[^a-c]+", "xbz", false), ("[]a]+", "]a", true), ("[a-]+", "a-a", true),
            ("(?i)get", "GeT", true), ("(?i:ge)t", "GET", false), ("(?i)straße", "STRAßE", true),
            ("(?i)[k]", "\u{212a}", true), ("(?i)É", "é", true),
            (#"\d{3}"#, "404", true), (#"\d{2,3}"#, "4", false), (#"\d{2,}"#, "40404", true),
            (#"a{,2}"#, "a{,2}", true),
            (#"\w+@\w+\.org"#, "me@prom.org", true), (#"\S+"#, "a b", false), (#"[\D5]+"#, "a5", true),
            (#"[\D5]+"#, "a6", false), ("[[:alpha:]_]+", "ab_", true), ("[[:^digit:]]", "5", false),
            (#"\p{L}+"#, "Zürich", true), (#"\p{Lu}\P{Lu}*"#, "Zürich", true), (#"\pN"#, "٣", true),
            (#"\x41\x{1F600}"#, "A😀", true), (#"\Qa.b\E+"#, "a.bb", true), (#"\Qa.b\E"#, "a.b", true),
            ("^abc$", "abc", true), ("a^b", "ab", false), (#"foo\b.*"#, "foo-bar", true),
            (#"foo\b.*"#, "foobar", false),
            ("(a|b)*c|(a|ab)*c", "abaabc", true), ("(?P<name>a+)(?<other>b?)", "aab", true), ("a*?b+?", "aab", true),
            ("(a*)*", "aaaa", true), ("(a*)*b", "aaaa", false), ("(|a)+", "aaa", true), ("x*|y", "y", true),
            (#"10\.0\.[0-9]{1,3}\..*"#, "10.0.12.7", true), ("(?m)a$\n^b", "a\nb", true), (#"\053"#, "+", true),
            (".{3}", "日本語", true), ("(?s).", "\n", true), ("a||b", "", true),
        ])
    func matching(pattern: String, text: String, expected: Bool) throws {
        #expect(try RegularExpression(pattern).matches(text) == expected, "\(pattern) on \(text)")
    }

    @Test(
        "that are not valid are refused with the place",
        arguments: [
            ("(a", 1), ("a)", 2), ("[a", 1), ("*a", 1), ("a**", 1), (#"\1"#, 1), ("a{2,1}", 2), ("a{1001}", 2),
            (#"\"#, 1), ("(?=a)", 1), (#"\y"#, 1), ("[b-a]", 1), (#"\p{Greek}"#, 1), ("[[:nope:]]", 1),
        ])
    func refusal(pattern: String, column: Int) {
        do {
            _ = try RegularExpression(pattern)
            Issue.record("\(pattern) was accepted")
        } catch {
            #expect(error.column == column, "\(pattern): \(error)")
        }
    }

    @Test("take linear time where backtracking takes for ever")
    func linear() throws {
        let expression = try RegularExpression("(a|a)*(a|aa)*(a*)*b")
        #expect(!expression.matches(String(repeating: "a", count: 5_000)))
    }

    @Test("that would become too large are refused")
    func tooLarge() {
        #expect(throws: RegularExpressionError.self) { try RegularExpression("((a{1000}){1000}){1000}") }
    }

    @Test("a matcher takes an absent label for the empty text")
    func matchers() throws {
        let labels = ["code": "503"]
        func matches(_ name: String, _ operation: LabelMatcher.Operation, _ value: String) throws -> Bool {
            try CompiledMatcher(LabelMatcher(name, operation, value)).matches(labels)
        }
        #expect(try matches("code", .equal, "503"))
        #expect(try matches("code", .matches, "5.."))
        #expect(try !matches("code", .doesNotMatch, "5.."))
        #expect(try matches("path", .equal, ""))
        #expect(try matches("path", .notEqual, "/"))
        #expect(try matches("path", .matches, ".*"))
        #expect(try !matches("path", .matches, ".+"))
    }
}
