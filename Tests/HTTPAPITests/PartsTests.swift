import NIOCore
import Testing

@testable import HTTPAPI

@Suite("Small parts")
struct PartsTests {
    private final class Bell: WheelEntry {
        var wheelPlace: WheelPlace?
        var rung: [Int] = []

        func ring(tick: Int) -> Int? {
            rung.append(tick)
            return nil
        }
    }

    @Test("The wheel rings each entry at its time, once, and none that was taken down or moved")
    func wheel() {
        var wheel = TickWheel()
        let bells = (0..<200).map { _ in Bell() }
        for (number, bell) in bells.enumerated() { wheel.add(bell, in: number % 50 + 1) }
        for bell in bells[..<20] { wheel.remove(bell) }
        for bell in bells[20..<40] { wheel.add(bell, in: 5) }
        #expect(wheel.count == 180)
        for _ in 0..<64 {
            for entry in wheel.advance() { _ = entry.ring(tick: wheel.tick) }
        }
        #expect(wheel.count == 0)
        for (number, bell) in bells.enumerated() {
            #expect(bell.rung == (number < 20 ? [] : number < 40 ? [5] : [number % 50 + 1]), "\(number)")
        }
    }

    @Test("Failures are counted by address, and forgiven with time")
    func failures() {
        let limiter = FailureLimiter()
        let (one, other) = (RemoteAddress(bits: 1), RemoteAddress(bits: 2))
        for _ in 0..<FailureLimiter.burst { #expect(limiter.failed(one, now: 100) == nil) }
        #expect(limiter.failed(one, now: 100) == 2)
        #expect(limiter.failed(one, now: 101) == 2)
        #expect(limiter.failed(other, now: 101) == nil)
        #expect(limiter.failed(one, now: 110) == nil)
        for address in 10..<30_000 { _ = limiter.failed(RemoteAddress(bits: UInt64(address)), now: 110) }
        #expect(limiter.failed(other, now: 111) == nil)
    }

    @Test("An IPv6 network counts as one address")
    func networks() throws {
        func address(_ text: String) throws -> RemoteAddress {
            RemoteAddress(try SocketAddress(ipAddress: text, port: 1))
        }
        #expect(try address("2001:db8:1:2:3::4") == address("2001:db8:1:2:9::9"))
        #expect(try address("2001:db8:1:2::4") != address("2001:db8:1:3::4"))
        #expect(try address("127.0.0.1") != address("127.0.0.2"))
    }

    @Test("A broadcast is encoded once, and another array with the same address later is not mistaken for it")
    func frames() {
        let frames = StreamFrames()
        let data = Array(#"{"epoch":1}"#.utf8)
        let first = frames.frame("desired", data: data)
        #expect(first == ByteBuffer(string: "22\r\nevent: desired\ndata: {\"epoch\":1}\n\n\r\n"))
        #expect(first.storageAddress == frames.frame("desired", data: data).storageAddress)
        #expect(frames.frame("logs", data: data) != first)
        for number in 0..<1000 {
            let frame = frames.frame("desired", data: Array("\(number % 10)".utf8))
            #expect(frame == ByteBuffer(string: "18\r\nevent: desired\ndata: \(number % 10)\n\n\r\n"))
        }
        let lines = frames.frame("logs", data: Array("[1,\n2]".utf8))
        #expect(lines == ByteBuffer(string: "20\r\nevent: logs\ndata: [1,\ndata: 2]\n\n\r\n"))
    }

    @Test("Dates are written as HTTP wants them")
    func dates() {
        #expect(httpDate(secondsSinceEpoch: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(httpDate(secondsSinceEpoch: 1_795_412_174) == "Mon, 23 Nov 2026 05:36:14 GMT")
    }
}

extension ByteBuffer {
    fileprivate var storageAddress: UnsafeRawPointer? { withUnsafeReadableBytes { $0.baseAddress } }
}
