import Testing
import Values
import Wire

@testable import Agent

@Suite("What an agent reads and queues")
struct ParsingTests {
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

    @Test("Comments are not sent, but for what is said of metrics: when it changes, and now and then")
    func comments() {
        var shown = ShownMetadata()
        func sent(_ text: String, _ seconds: Int64) -> String {
            String(decoding: shown.text(Array(text.utf8), at: .seconds(seconds)), as: UTF8.self)
        }
        let text = "# HELP a b\n# TYPE a counter\na{x=\"#\"} 1\n\n  # no\n#scrape {}\nb 2\n# EOF\n"
        let samples = "a{x=\"#\"} 1\nb 2\n# EOF\n"
        #expect(sent(text, 10) == "# HELP a b\n# TYPE a counter\n" + samples)
        #expect(sent(text, 20) == samples)
        #expect(sent("# TYPE a gauge\na 1\n", 30) == "# TYPE a gauge\na 1\n")
        #expect(sent("# TYPE a gauge\na 1\n", 40) == "a 1\n")
        #expect(sent("# TYPE a gauge\na 1\n", 640) == "# TYPE a gauge\na 1\n")
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
