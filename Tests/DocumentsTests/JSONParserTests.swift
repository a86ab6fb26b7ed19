import Documents
import Testing

private func parse(_ text: String) -> (node: Node?, issues: [String]) {
    let (node, issues) = JSONParser.parse(Array(text.utf8), file: "f.json")
    return (node, issues.map(\.description))
}

@Suite struct JSONParserTests {
    @Test("every kind of value is read, with its place")
    func values() throws {
        let (node, issues) = parse("{\"a\": [1, -2.5e1, \"x\\u00e9\\n\"],\n  \"b\": {\"c\": null, \"d\": true}}")
        #expect(issues == [])
        let root = try #require(node)
        #expect(root["a"]?.value == .sequence([.integer(1), .number(-25), .string("xé\n")]))
        #expect(root["b"]?.value == .mapping([.init("c", Node(.null)), .init("d", .bool(true))]))
        #expect(root["b"]?.position == Position(line: 2, column: 8))
        #expect(root["b"]?["d"]?.position == Position(line: 2, column: 25))
    }

    @Test("columns count characters, not bytes")
    func columns() throws {
        let (node, _) = parse("{\"é\": \"日本\", \"k\": 1}")
        #expect(node?["k"]?.position == Position(line: 1, column: 18))
        #expect(parse("{\"é\": \"日本\", \"k\": x}").issues.first?.hasPrefix("f.json:1:18: ") == true)
    }

    @Test(
        "numbers",
        arguments: [
            ("0", Node.Value.integer(0)), ("-0", .number(-0.0)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number(0x1p63)), ("1.0", .number(1)),
            ("1E2", .number(100)), ("-1000000000000000000000000000000", .number(-1e30)),
            ("1e-400", .number(0)),
            ("5e-324", .number(.leastNonzeroMagnitude)), ("1.7976931348623157e308", .number(1.7976931348623157e308)),
            ("0.1", .number(0.1)), ("123456789012345678", .integer(123_456_789_012_345_678)),
        ])
    func numbers(text: String, value: Node.Value) {
        #expect(parse(text).node?.value == value)
    }

    @Test(
        "texts",
        arguments: [
            (#""""#, ""), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\ud83d\ude00""#, "😀"),
            (#""\u0000""#, "\0"), (#""é\u00E9""#, "éé"), ("\"\u{7F}\"", "\u{7F}"), ("\"\u{2028}\"", "\u{2028}"),
        ])
    func texts(text: String, value: String) {
        #expect(parse(text).node?.value == .string(value))
    }

    @Test(
        "what is wrong is said with its place",
        arguments: [
            ("", "f.json:1:1: the file is empty: a JSON value is expected"),
            ("  \n ", "f.json:2:2: the file is empty: a JSON value is expected"),
            ("{\"a\": 1,}", "f.json:1:9: a comma before '}' (remove the comma)"),
            ("[1, 2,\n]", "f.json:2:1: a comma before ']' (remove the comma)"),
            ("[1 2]", "f.json:1:4: expected ',' or ']' after an item, found '2'"),
            ("[1", "f.json:1:3: expected ',' or ']' after an item, found the end of the file"),
            ("[", "f.json:1:2: the file ends before ']'"),
            ("[,]", "f.json:1:2: expected a value, found ','"),
            ("{\"a\" 1}", "f.json:1:6: expected ':' after the key, found '1'"),
            ("{a: 1}", "f.json:1:2: expected a key in double quotes, found 'a'"),
            ("{\"a\":", "f.json:1:6: the file ends where a value is expected"),
            ("{} {}", "f.json:1:4: found '{' after the end of the document (a JSON file holds one value)"),
            ("'a'", "f.json:1:1: expected a value, found ''' (texts are in double quotes)"),
            ("// x", "f.json:1:1: expected a value, found '/' (JSON has no comments)"),
            ("+1", "f.json:1:1: expected a value, found '+' (numbers have no '+')"),
            (".5", "f.json:1:1: expected a value, found '.' (write a digit before the point)"),
            (
                "NaN",
                "f.json:1:1: expected a value, found 'NaN' (values are texts in double quotes, numbers, true, false, null, [ ] and { })"
            ),
            ("01", "f.json:1:1: a number with a leading zero (write it without the zero, or in quotes)"),
            ("-", "f.json:1:2: a digit is expected after '-', found the end of the file"),
            ("1.", "f.json:1:3: a digit is expected after the point, found the end of the file"),
            ("[1e]", "f.json:1:4: a digit is expected in the exponent, found ']'"),
            ("1e400", "f.json:1:1: the number 1e400 is too large (the largest is about 1.8e308)"),
            ("\"abc", "f.json:1:1: a text that is never closed (end it with \")"),
            ("\"a\nb\"", "f.json:1:3: a line break inside a text (write \\n, or close the text with \")"),
            ("\"a\tb\"", "f.json:1:3: a control character inside a text (write it as \\u00XX)"),
            (#""\x41""#, #"f.json:1:2: unknown escape: a backslash before 'x' (a backslash itself is written \\)"#),
            (#""\u12g4""#, #"f.json:1:2: expected four hexadecimal digits after \u"#),
            (#""\u+123""#, #"f.json:1:2: expected four hexadecimal digits after \u"#),
            (#""é\ud800""#, #"f.json:1:3: half a surrogate pair: \ud800 is no character by itself"#),
            (#""\ud800\u0041""#, #"f.json:1:2: half a surrogate pair: \ud800 is no character by itself"#),
            (#""\udc00""#, #"f.json:1:2: half a surrogate pair: \udc00 is no character by itself"#),
            (
                "{\"a\": 1,\n \"a\": 2}",
                "f.json:2:2: a: the key 'a' is here twice (the first one is at line 1, column 2)"
            ),
        ])
    func errors(text: String, issue: String) {
        let (node, issues) = parse(text)
        #expect(node == nil)
        #expect(issues == [issue])
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0xAF]] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        for suffix in ["\"", "\\n\""] {
            let (node, issues) = JSONParser.parse([0x22] + bytes + Array(suffix.utf8), file: "f")
            #expect(node == nil)
            #expect(issues.map(\.message) == ["a text that is not valid UTF-8"])
        }
        #expect(JSONParser.parse(bytes, file: "f").issues.count == 1)
    }

    @Test("all keys that are there twice are found, in small and in large mappings")
    func duplicates() {
        let many = (0..<100).map { "\"k\($0)\": \($0)" }.joined(separator: ",")
        #expect(parse("{\(many), \"k3\": 0, \"k99\": 1}").issues.count == 2)
        #expect(parse("[{\"a\": 1, \"a\": 2}, {\"b\": 1, \"b\": 2}]").issues.count == 2)
    }

    @Test("nesting is limited, so that no file exhausts the stack")
    func depth() {
        func nested(_ count: Int) -> String {
            String(repeating: "[", count: count) + String(repeating: "]", count: count)
        }
        #expect(parse(nested(128)).issues == [])
        #expect(parse(nested(129)).issues == ["f.json:1:129: nested deeper than 128 levels"])
        #expect(parse(String(repeating: "{\"a\":", count: 1_000_000)).issues.count == 1)
    }

    @Test("a byte order mark is passed over")
    func byteOrderMark() {
        #expect(parse("\u{FEFF}[1]").node?.position == Position(line: 1, column: 1))
        #expect(parse("\u{FEFF}[x]").issues.first?.hasPrefix("f.json:1:2: ") == true)
    }
}
