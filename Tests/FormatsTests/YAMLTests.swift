import Documents
import Formats
import Testing
import Values

@Suite struct YAMLTests {
    private func value(_ text: String) -> Node.Value? {
        readDocuments("a: \(text)\n", file: "f").nodes.first?["a"]?.value
    }

    @Test(
        "plain scalars are what YAML 1.2 says they are",
        arguments: [
            ("no", Node.Value.string("no")), ("yes", .string("yes")), ("on", .string("on")), ("NO", .string("NO")),
            ("true", .bool(true)), ("False", .bool(false)), ("tRUE", .string("tRUE")), ("null", .null), ("~", .null),
            ("", .null), ("12", .integer(12)), ("-12", .integer(-12)), ("+12", .integer(12)), ("0", .integer(0)),
            ("0o17", .integer(15)), ("0x1F", .integer(31)), ("0b11", .string("0b11")), ("1_000", .string("1_000")),
            ("12:30", .string("12:30")), ("09:00", .string("09:00")), ("1.5", .number(1.5)), (".5", .number(0.5)),
            ("5.", .number(5)), ("1e3", .number(1000)), ("1.4.0", .string("1.4.0")), ("1.10", .number(1.1)),
            ("-", .string("-")),
            (".", .string(".")), ("e3", .string("e3")), (".inf", .number(.infinity)), ("-.INF", .number(-.infinity)),
            ("2026-12-24", .string("2026-12-24")), ("2026-12-24T18:00:00Z", .string("2026-12-24T18:00:00Z")),
            ("5%", .string("5%")), ("0x", .string("0x")), ("0x-1", .string("0x-1")), ("1e999", .string("1e999")),
            ("99999999999999999999", .string("99999999999999999999")), ("'12'", .string("12")),
            ("\"no\"", .string("no")),
            ("!!str 12", .string("12")), ("!!float 12", .number(12)), ("!!int '12'", .integer(12)),
            ("|\n  12", .string("12\n")),
        ])
    func scalars(text: String, expected: Node.Value) {
        if expected == .string("-") { return #expect(value(text) == nil) }
        #expect(value(text) == expected)
    }

    @Test(
        "what is wrong is said with its place",
        arguments: [
            (
                "a:\n\tb: 1\n",
                "f:2:1: not valid YAML: found character that cannot start any token while scanning for the next token (a tab cannot indent: use spaces)"
            ),
            (
                "a: [1, 2\nb: 3\n",
                "f:2:2: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence"
            ),
            (
                "a: b: c\n",
                "f:1:5: not valid YAML: mapping values are not allowed in this context (a value with ': ' in it goes in quotes; or the indentation is off)"
            ),
            ("a: 'x\n", "f:2:1: not valid YAML: found unexpected end of stream while scanning a quoted scalar"),
            ("a: *b\n", "f:1:4: not valid YAML: found undefined alias"),
            ("a: 1\nb: 2\na: 3\n", "f:3:1: a: the key 'a' is here twice (the first one is at line 1, column 1)"),
            (
                "x:\n  - a: 1\n    b: {}\n    a: 3\n",
                "f:4:5: a: the key 'a' is here twice (the first one is at line 2, column 5)"
            ),
            ("{a: 1, a: 2}\n", "f:1:2: a: the key 'a' is here twice"),
            ("1: x\n'1': y\n", "f:2:1: 1: the key '1' is here twice (the first one is at line 1, column 1)"),
            (
                "a: 010\n",
                "f:1:4: 010 is one number to some readers and another to others, because of the leading zero (write it without the zero, or in quotes)"
            ),
            ("a: !secret x\n", "f:1:4: the tag '!secret' is not understood here (remove the tag)"),
            ("[a, b]: 1\n", "f:1:1: a key that is no text"),
            (
                "a: \"\u{1}\"\n",
                "f:1:5: not valid YAML: control characters are not allowed (save the file as UTF-8 without control characters)"
            ),
        ])
    func errors(text: String, issue: String) {
        let (nodes, issues) = readDocuments(text, file: "f")
        #expect(nodes == [])
        #expect(issues.map(\.description) == [issue])
    }

    @Test("documents are split at ---, and empty ones are none")
    func documents() {
        let (nodes, issues) = readDocuments("---\n# only a comment\n---\na: 1\n---\n- b\n...\n---\n", file: "f")
        #expect(issues == [])
        #expect(nodes == [.mapping([("a", .integer(1))]), .sequence([.string("b")])])
        #expect(nodes.map(\.position.line) == [4, 6])
        #expect(readDocuments("", file: "f").nodes == [])
    }

    @Test("anchors and aliases stand for the same value; << takes in what is not there")
    func aliases() {
        let text =
            "base: &b { bake: 1m, hosts: 1 }\none: *b\ntwo: { <<: *b, hosts: 2 }\nthree: { <<: [{ x: 1 }, *b] }\n"
        let (nodes, issues) = readDocuments(text, file: "f")
        #expect(issues == [])
        #expect(nodes.first?["one"] == .mapping([("bake", .string("1m")), ("hosts", .integer(1))]))
        #expect(nodes.first?["two"] == .mapping([("hosts", .integer(2)), ("bake", .string("1m"))]))
        #expect(
            nodes.first?["three"] == .mapping([("x", .integer(1)), ("bake", .string("1m")), ("hosts", .integer(1))]))
    }

    /// Each level names the one before it nine times.
    private func bomb(levels: Int, item: (String) -> String) -> String {
        (0..<levels).reduce("a0: &a0 [x]\n") { text, level in
            text
                + "a\(level + 1): &a\(level + 1) [\(Array(repeating: item("*a\(level)"), count: 9).joined(separator: ", "))]\n"
        }
    }

    @Test("a file whose aliases would fill the memory is refused")
    func aliasBomb() {
        let (nodes, issues) = readDocuments(bomb(levels: 20) { $0 }, file: "f")
        #expect(nodes == [])
        #expect(issues.map(\.message) == ["the aliases stand for too many values"])
    }

    @Test("a file whose keys would take forever to compare is refused", arguments: [0, 1, 2])
    func keyBomb(shape: Int) {
        let last = ["? *a12\n: x\n", "{*a12 : x}\n", "[*a12]: x\n"][shape]
        let text = bomb(levels: 12) { $0 } + (shape == 1 ? "z: " : "") + last
        #expect(
            readDocuments(text, file: "f").issues.map(\.message) == [
                "more than 20 aliases, and keys that are not plain texts"
            ])
    }

    @Test("nesting is limited, so that no file exhausts the stack")
    func depth() {
        for count in [200, 5_000, 200_000] {
            #expect(!readDocuments(String(repeating: "[", count: count), file: "f").issues.isEmpty)
            let closed = String(repeating: "[", count: count) + String(repeating: "]", count: count)
            #expect(!readDocuments(closed, file: "f").issues.isEmpty)
            #expect(!readDocuments(String(repeating: "- ", count: count), file: "f").issues.isEmpty)
            #expect(!readDocuments(String(repeating: "{a: ", count: count), file: "f").issues.isEmpty)
        }
    }

    @Test("Windows line ends and a byte order mark do no harm")
    func lineEnds() {
        #expect(
            readDocuments("\u{FEFF}a: 1\r\nb:\r\n  c: x\r\n", file: "f").nodes.first?["b"]?["c"]?.position
                == Position(line: 3, column: 6))
    }

    @Test("a thousand random values come back from YAML as they were")
    func roundTrips() {
        var random = SeededGenerator(seed: 17)
        for _ in 0..<1000 {
            let node = random.node(depth: 4)
            let text = YAMLWriter.write(node)
            let (nodes, issues) = readDocuments(text, file: "f")
            #expect(issues == [] && nodes == (node.value == .null ? [] : [node]), "\(text)")
        }
    }

    @Test(
        "texts that a reader could take for something else are quoted",
        arguments: [
            "no", "010", "1e3", "0x1F", "12", "2026-12-24", "12:30", "", "null", "~", "a: b", "#a", "- a", ".5", "1.",
            "=", "<<", "*a", "& a", "e1", "0o7",
        ])
    func quotes(text: String) {
        #expect(YAMLWriter.write(.string(text)).hasPrefix("\""))
        #expect(readDocuments("a: " + YAMLWriter.write(.string(text)), file: "f").nodes.first?["a"] == .string(text))
    }

    @Test(
        "names, paths, durations and shares stay plain",
        arguments: ["storefront", "./web", "/healthz", "30s", "5%", "64MiB", "mon-fri", "Europe/Zurich"])
    func plain(text: String) {
        #expect(YAMLWriter.write(.string(text)) == "\(text)\n")
    }
}

extension SeededGenerator {
    mutating func node(depth: Int) -> Node {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
        case 0: return Node(.null)
        case 1: return .bool(Bool.random(using: &self))
        case 2: return .integer(Int64.random(in: -1000...1000, using: &self))
        case 3: return .number(Double.random(in: -1e9...1e9, using: &self))
        case 4, 5: return .string(text())
        case 6: return .sequence((0..<Int.random(in: 0...4, using: &self)).map { _ in node(depth: depth - 1) })
        default:
            return .mapping(
                (0..<Int.random(in: 0...4, using: &self)).map { ("\($0)\(text())", node(depth: depth - 1)) })
        }
    }

    private mutating func text() -> String {
        let pieces = [
            "a", "é", "😀", "\"", "'", "\\", "\n", "\u{1}", "\u{7F}", "\u{85}", "\u{2028}", "/", " ", "no", "1", "0x",
            "-", ": ", "#", "~", "[", "%", "&a", "*a", "\t",
        ]
        return (0..<Int.random(in: 0...6, using: &self)).map { _ in pieces.randomElement(using: &self) ?? "" }.joined()
    }
}
