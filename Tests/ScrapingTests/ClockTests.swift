import Scraping
import Series
import Testing
import Values

@Suite("Hosts' clocks")
struct ClockTests {
    @Test("stamps by receipt when the agent's clock is off, and keeps the distances")
    func clock() throws {
        let scene = try Scene()
        let body = try block(5000, "a 1\n", startedAt: 4990) + block(5005, "a 2\n", startedAt: 4990)
        try scene.take(body, receivedAt: at(105))
        #expect(try scene.values("a") == [100: 1, 105: 2])
        #expect(try scene.found("a").first?.samples.starts == [90_000, 90_000])
        // Delivered again a little later: the correction stays, and so do the times.
        try scene.take(body, receivedAt: at(105) + .milliseconds(300))
        try scene.take(try block(5010, "a 3\n"), receivedAt: at(109) + .milliseconds(800))
        #expect(try scene.values("a") == [100: 1, 105: 2, 110: 3])
    }

    @Test("moves nothing when a body was long on its way, and stamps by the sending when the clock is off")
    func lateDelivery() throws {
        func body(sentAt: Int64, _ time: Int64, _ text: String) throws -> [UInt8] {
            Array("#sent \(sentAt * 1000)\n".utf8) + (try block(time, text, startedAt: 90))
        }
        let scene = try Scene()
        try scene.take(try body(sentAt: 100, 100, "a 1\n"), receivedAt: at(100))
        // The agent could not send for a while, and then the delivery took long.
        try scene.take(try body(sentAt: 120, 105, "a 2\n"), receivedAt: at(128))
        #expect(try scene.values("a") == [100: 1, 105: 2])
        // Another host's clock is a minute ahead, whatever its deliveries take.
        for (sentAt, received) in [(170, 110), (180, 127), (190, 131)] as [(Int64, Int64)] {
            try scene.take(try body(sentAt: sentAt, sentAt, "b 1\n"), host: "ahead", receivedAt: at(received))
        }
        #expect(try scene.values("b") == [110: 1, 120: 1, 130: 1])
    }

    @Test("a clock that was ahead and is set back is used as it is from then on")
    func setBack() throws {
        let scene = try Scene()
        func take(_ time: Int64, _ value: Int, receivedAt: Int64) throws {
            let body = try Array("#sent \(time * 1000)\n".utf8) + block(time, "a \(value)\n")
            try scene.take(body, receivedAt: at(receivedAt))
        }
        try take(130, 1, receivedAt: 100)
        try take(135, 2, receivedAt: 105)
        try take(110, 3, receivedAt: 110)
        try take(115, 4, receivedAt: 115)
        #expect(try scene.values("a") == [100: 1, 105: 2, 110: 3, 115: 4])
    }

    @Test("absurd times do not crash")
    func absurdTimes() throws {
        for time in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
            let scene = try Scene()
            let text = String(decoding: try block(0, "a 1\n", startedAt: 0), as: UTF8.self)
                .replacing("1970-01-01T00:00:00.000Z", with: time)
            #expect(try scene.take(Array(text.utf8), receivedAt: at(100)).refused == 0)
        }
        // Found by reading: the correction brought a time to the very end of what a number can say.
        let scene = try Scene()
        var body = Array("#sent \(101_000 - Int64.max)\n".utf8)
        for second in Int64(0)...2 { body += try block(second, "a 1\n", ended: true) }
        #expect(try scene.take(body, receivedAt: at(100)).refused == 0)
    }
}
