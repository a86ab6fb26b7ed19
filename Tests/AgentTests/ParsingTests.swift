import Testing
import Values
import Wire

@testable import Agent

@Suite("What an agent reads and queues")
struct ParsingTests {
    @Test("Server-sent events in any pieces, with any line ends", arguments: [1, 2, 3, 7, 1000])
    func events(piece: Int) throws {
        let text = ": hello\r\nretry: 250\nevent: desired\r\ndata: {\"a\":\rdata:1}\n\ndata: x\n\nevent: nothing\n\n"
        var parser = EventStreamParser()
        var events: [ServerSentEvent] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            events += try parser.feed(bytes[start..<min(start + piece, bytes.count)])
        }
        #expect(
            events == [
                ServerSentEvent(name: "desired", data: "{\"a\":\n1}"), ServerSentEvent(name: "message", data: "x"),
            ])
        #expect(parser.retry == 250)
    }

    @Test("An event without end is refused")
    func endless() {
        var parser = EventStreamParser(limit: 1000)
        #expect(throws: EventStreamParser.TooLarge.self) {
            for _ in 0..<100 { _ = try parser.feed(Array("data: 0123456789\n".utf8)) }
        }
    }

    @Test("The queue of samples is bounded: the oldest go first and are counted")
    func queue() {
        let queue = SampleQueue(limit: 1000)
        for number in 0..<20 {
            let head = ScrapeHead(
                service: "web", version: "v\(number)", instance: "web-1", startedAt: .epoch, at: .epoch, up: true,
                duration: 0)
            queue.add(head, text: Array("a 1\n".utf8))
        }
        let taken = queue.take()
        #expect(taken.count + queue.dropped == 20)
        #expect(queue.dropped > 10)
        #expect(taken.last.map { String(decoding: $0, as: UTF8.self).contains("\"v19\"") } == true)
        #expect(queue.take().isEmpty)
        queue.putBack(taken)
        #expect(queue.take() == taken)
    }

    @Test("Comments are not sent")
    func comments() {
        let text = "# HELP a b\n# TYPE a counter\na{x=\"#\"} 1\n\n  # no\nb 2\n# EOF\n"
        #expect(SampleQueue.withoutComments(Array(text.utf8)) == Array("a{x=\"#\"} 1\nb 2\n".utf8))
    }

    @Test("A digest that is none never becomes a path")
    func digests() {
        let good = String(repeating: "0a", count: 32)
        #expect(ArtefactFolder.digits("sha256:\(good)") == good)
        for bad in ["", good, "sha256:", "sha256:../../etc", "sha256:\(good)0", "sha256:\(good.uppercased())"] {
            #expect(ArtefactFolder.digits(bad) == nil)
        }
    }

    @Test("Waits double up to the longest, and are drawn from the whole range")
    func backOff() {
        var backOff = BackOff(first: .seconds(1), longest: .seconds(8))
        let waits = (0..<200).map { _ in backOff.next() }
        #expect(waits[0] <= .seconds(1))
        #expect(waits.allSatisfy { $0 >= .zero && $0 <= .seconds(8) })
        #expect(waits.suffix(190).contains { $0 > .seconds(6) } && waits.suffix(190).contains { $0 < .seconds(2) })
    }
}
