import Series
import Testing

@Suite struct QueryTextTests {
    @Test("names are quoted where they would be read as something else")
    func names() {
        #expect(
            ["host", "_a1", "a.b", "1a", "a:b", ""].map(QueryText.label) == [
                "host", "_a1", #""a.b""#, #""1a""#, #""a:b""#, #""""#,
            ])
        #expect(
            ["up", "job:up:sum", "9lives", "http.requests"].map(QueryText.metric) == [
                "up", "job:up:sum", #"{"9lives"}"#, #"{"http.requests"}"#,
            ])
    }

    @Test("texts come back from between their quotes as they were")
    func texts() {
        #expect(QueryText.quoted("a\"b\\c\n\td\u{7}\u{1}\u{7f}ü") == #""a\"b\\c\n\td\a\x01\x7fü""#)
        #expect(LabelMatcher("c.d", .doesNotMatch, #"a\.b"#).text == #""c.d"!~"a\\.b""#)
    }
}
