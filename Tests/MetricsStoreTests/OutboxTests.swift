import FoundationEssentials
import MetricsFormats
import Ports
import Series
import Synchronization
import Testing

@testable import MetricsStore

@Suite struct OutboxTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(_ receivers: [String] = ["a"], limit: Int = 1 << 30) throws -> Outbox {
        try Outbox(path: folder.path, limit: limit, receivers: receivers)
    }

    private func body(_ number: Int, samples: Int = 10) -> RemoteWriteEncoder.Body {
        var body = RemoteWriteEncoder.Body()
        body.bytes = Array("body \(number);".utf8)
        (body.samples, body.newestTime) = (samples, Int64(number))
        return body
    }

    /// Appends bodies and waits until they are on the disk.
    private func put(_ numbers: some Sequence<Int>, in outbox: Outbox) async throws {
        try outbox.check()
        outbox.append(numbers.map { body($0) })
        await withCheckedContinuation { continuation in outbox.whenKept { _ in continuation.resume() } }
    }

    /// Everything that a receiver gets, each answer as a text.
    private func drain(_ outbox: Outbox, _ receiver: Int = 0, samples: Int = 30) throws -> [String] {
        var found: [String] = []
        while let batch = try outbox.next(receiver, samples: samples) {
            found.append(String(decoding: batch.body.bytes, as: UTF8.self))
            outbox.advance(receiver, past: batch)
        }
        return found
    }

    private func text(_ numbers: ClosedRange<Int>) -> String { numbers.map { "body \($0);" }.joined() }

    @Test("bodies come in their order, brought together up to a limit, the same until they are done with")
    func order() async throws {
        let outbox = try open()
        #expect(try outbox.next(0, samples: 30) == nil)
        try await put(1...7, in: outbox)
        let first = try #require(try outbox.next(0, samples: 30))
        #expect(first.body.samples == 30)
        #expect(first.body.newestTime == 3)
        #expect(try outbox.next(0, samples: 30) == first)
        #expect(outbox.condition(0).pending == 70)
        #expect(try drain(outbox) == [text(1...3), text(4...6), text(7...7)])
        #expect(outbox.condition(0).pending == 0)
        #expect(outbox.condition(0).newestTime == 7)
        outbox.close()
    }

    @Test("after a restart it goes on where it was, for each receiver")
    func restart() async throws {
        var outbox = try open(["a", "b"])
        try await put(1...4, in: outbox)
        outbox.advance(1, past: try #require(try outbox.next(1, samples: 10)))
        outbox.close()
        // Several starts, so that the receivers are in different files.
        outbox = try open(["a", "b"])
        try await put(5...6, in: outbox)
        #expect(try drain(outbox, 0, samples: 1000) == [text(1...4), text(5...6)])
        outbox.close()
        outbox = try open(["a", "b"])
        #expect(outbox.condition(0).pending == 0)
        #expect(outbox.condition(1).pending == 50)
        try await put(7...7, in: outbox)
        #expect(try drain(outbox, 1, samples: 1000) == [text(2...4), text(5...6), text(7...7)])
        #expect(try drain(outbox, 0) == [text(7...7)])
        #expect(outbox.condition(1).dropped == 0)
        #expect(outbox.condition(0).dropped == 0)
        outbox.close()
    }

    @Test("a receiver that is new begins with what comes then; one that is left out is forgotten")
    func receivers() async throws {
        var outbox = try open(["a"])
        try await put(1...2, in: outbox)
        outbox.close()
        outbox = try open(["a", "b"])
        try await put(3...3, in: outbox)
        #expect(try drain(outbox, 1) == [text(3...3)])
        outbox.close()
        outbox = try open(["b"])
        #expect(!FileManager.default.fileExists(atPath: folder.file("position-a")))
        try await put(4...4, in: outbox)
        #expect(try drain(outbox) == [text(4...4)])
        outbox.close()
    }

    @Test("files go when every receiver is done with them, and the oldest when there is no room: that is counted")
    func room() async throws {
        let outbox = try open(["slow", "fast"], limit: 1 << 20)
        var noise = SystemRandomNumberGenerator()
        var sent = 0
        for number in 0..<60 {
            var body = body(number)
            body.bytes = (0..<50_000).map { _ in UInt8.random(in: 0...255, using: &noise) }
            outbox.append([body])
            await withCheckedContinuation { continuation in outbox.whenKept { _ in continuation.resume() } }
            sent += try drain(outbox, 1).count
        }
        #expect(sent == 60)
        #expect(outbox.condition(1).dropped == 0)
        let slow = outbox.condition(0)
        #expect(slow.dropped > 300 && slow.dropped + slow.pending == 600)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let bytes = names.reduce(0) { $0 + Folder.size(folder.file($1)) }
        #expect(bytes < 1_200_000)
        var got = 0
        while let batch = try outbox.next(0, samples: 10) {
            got += batch.body.samples
            outbox.advance(0, past: batch)
        }
        #expect(got == slow.pending)
        #expect(outbox.condition(0).pending == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count { $0.hasPrefix("0") } <= 2)
        outbox.close()
    }

    @Test("a torn end is cut off and said; with a damaged position what is there is sent again")
    func damage() async throws {
        var outbox = try open()
        try await put(1...3, in: outbox)
        outbox.close()
        let segment = folder.file("00000001")
        try File(segment).truncate(to: Folder.size(segment) - 3)
        outbox = try open()
        #expect(outbox.problems.count == 1)
        try await put(4...4, in: outbox)
        #expect(try drain(outbox) == [text(1...2), text(4...4)])
        outbox.close()
        try File(folder.file("position-a")).truncate(to: 5)
        outbox = try open()
        try await put(5...5, in: outbox)
        #expect(try drain(outbox) == [text(4...4), text(5...5)])
        outbox.close()
    }

    @Test("two processes do not share a queue")
    func shared() throws {
        let outbox = try open()
        #expect(throws: StoreError.inUse(path: folder.path)) { try open() }
        outbox.close()
    }
}
