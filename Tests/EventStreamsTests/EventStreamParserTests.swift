import EventStreams
import Testing

@Suite struct EventStreamParserTests {
    private let text =
        "\u{FEFF}: hello\n\nevent: rollout\r\ndata: {\"a\":\r\ndata:1}\r\n\r\ndata: x\rdata: ü\r\rid: 7\n\nevent: empty\n\nretry: 250\nid: 8\ndata: y\n\n"
    private let events = [
        ServerSentEvent(name: "rollout", data: Array("{\"a\":\n1}".utf8)),
        ServerSentEvent(name: "message", data: Array("x\nü".utf8)),
        ServerSentEvent(name: "message", id: "8", data: Array("y".utf8)),
    ]

    @Test(
        "All line ends, comments and joined data are read, wherever the stream is cut", arguments: [1, 2, 3, 7, 1000])
    func cuts(size: Int) throws {
        var parser = EventStreamParser()
        let bytes = Array(text.utf8)
        var found: [ServerSentEvent] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            found += try parser.feed(bytes[start..<min(bytes.count, start + size)])
        }
        #expect(found == events)
        #expect(parser.retry == 250)
    }

    @Test("An event without an end is an error, not a leak")
    func limit() {
        var parser = EventStreamParser(limit: 100)
        #expect(throws: EventStreamParser.TooLarge.self) { try parser.feed([UInt8](repeating: 97, count: 101)) }
    }
}
