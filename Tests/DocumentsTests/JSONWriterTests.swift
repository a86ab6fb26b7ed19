import Documents
import Testing
import Values

@Suite struct JSONWriterTests {
    private func text(_ node: Node, _ style: JSONWriter.Style = .compact) -> String {
        String(decoding: JSONWriter.write(node, style: style), as: UTF8.self)
    }

    @Test("compact JSON has no spaces, pretty JSON one entry a line")
    func styles() {
        let node = Node.mapping([
            ("a", .sequence([.integer(1), .number(0.5), Node(.null)])), ("b", .mapping([])), ("c", .sequence([])),
            ("d", .bool(false)),
        ])
        #expect(text(node) == #"{"a":[1,0.5,null],"b":{},"c":[],"d":false}"#)
        #expect(
            text(node, .pretty) == """
                {
                  "a": [
                    1,
                    0.5,
                    null
                  ],
                  "b": {},
                  "c": [],
                  "d": false
                }
                """)
    }

    @Test("fitted JSON keeps on a line what fits, with room for a comma; members of a document have lines of their own")
    func fitted() {
        let node = Node.mapping([
            ("if", .sequence([.mapping([("$ref", .string("staff"))]), .string("on"), .sequence([])])),
            (
                "shares",
                .sequence([.sequence([.string("on"), .integer(20)]), .sequence([.string("off"), .integer(80)])])
            ),
        ])
        #expect(
            text(node, .fitted(width: 40)) == """
                {
                  "if": [{"$ref": "staff"}, "on", []],
                  "shares": [["on", 20], ["off", 80]]
                }
                """)
        #expect(
            text(node, .fitted(width: 36)) == """
                {
                  "if": [
                    {"$ref": "staff"},
                    "on",
                    []
                  ],
                  "shares": [
                    ["on", 20],
                    ["off", 80]
                  ]
                }
                """)
        #expect(text(.mapping([("a", .integer(1))]), .fitted(width: 40)) == #"{"a": 1}"#)
        #expect(text(.sequence([.string("é\n")]), .fitted(width: 9)) == #"["é\n"]"#)
        #expect(text(.sequence([.string("é\n")]), .fitted(width: 8)) == "[\n  \"é\\n\"\n]")
    }

    @Test("only what must be escaped is escaped")
    func escapes() {
        #expect(text(.string("a/b \"c\" \\ é 😀\n\r\t\u{1}\u{7F}")) == #""a/b \"c\" \\ é 😀\n\r\t\u0001\u007f""#)
    }

    @Test(
        "numbers come back as they were",
        arguments: [0.1, 1e300, .leastNonzeroMagnitude, -0.0, 1.0 / 3, 1e22, 123456789.125])
    func numbers(number: Double) {
        let node = JSONParser.parse(JSONWriter.write(.number(number)), file: "").node
        #expect(node?.value == .number(number))
        #expect(text(.number(.infinity)) == "null")
        #expect(text(.number(.nan)) == "null")
    }

    @Test("a thousand random documents come back as they were, compact and pretty")
    func roundTrips() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<1000 {
            let node = random.node(depth: 4)
            for style in [JSONWriter.Style.compact, .pretty, .fitted(width: 24), .fitted(width: 1)] {
                #expect(JSONParser.parse(JSONWriter.write(node, style: style), file: "").node == node)
            }
        }
    }

    @Test("ten thousand broken documents end with a value or an issue, never otherwise")
    func mutations() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<10_000 {
            var bytes = JSONWriter.write(random.node(depth: 3), style: .pretty)
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 2: bytes.insert(Array("{}[]\",:\\u0-.e".utf8).randomElement(using: &random) ?? 0, at: place)
                default: bytes.removeSubrange(place...)
                }
            }
            let (node, issues) = JSONParser.parse(bytes, file: "f")
            #expect((node == nil) == !issues.isEmpty)
        }
    }
}

extension SeededGenerator {
    mutating func node(depth: Int) -> Node {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
        case 0: return Node(.null)
        case 1: return .bool(Bool.random(using: &self))
        case 2: return .integer(Int64.random(in: Int64.min...Int64.max, using: &self))
        case 3: return .number(Double.random(in: -1e9...1e9, using: &self))
        case 4, 5: return .string(text())
        case 6: return .sequence((0..<Int.random(in: 0...4, using: &self)).map { _ in node(depth: depth - 1) })
        default:
            return .mapping(
                (0..<Int.random(in: 0...4, using: &self)).map { ("\($0)\(text())", node(depth: depth - 1)) })
        }
    }

    mutating func text() -> String {
        let pieces = [
            "a", "é", "😀", "\"", "\\", "\n", "\u{1}", "/", " ", "no", "1", "0x", "-", ": ", "#", "~", "[", "{{", "%",
            "&a", "*a",
        ]
        return (0..<Int.random(in: 0...6, using: &self)).map { _ in pieces.randomElement(using: &self) ?? "" }.joined()
    }
}
