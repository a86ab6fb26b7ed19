import Flags
import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPAPI

private let evaluate = "/ofrep/v1/evaluate/flags"

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite("Serving flags over HTTP", .timeLimit(.minutes(2)))
struct FlagServingTests {
    @Test("An SDK gets the set at once, only a word when it knows it, and then every later one")
    func sdkStream() async throws {
        try await TestServer.with { server in
            let first = server.flags.cell.snapshot
            func event(_ snapshot: FlagSnapshot) -> [UInt8] {
                bytes("event: flags\nid: \(snapshot.etag)\ndata: ") + snapshot.syncPayload + bytes("\n\n")
            }
            try await server.connect { connection in
                try await connection.send("GET", "/v1/sdk/flags", token: "sdk")
                #expect(try await connection.head().status == 200)
                #expect(try await connection.chunk() == event(first))
            }
            try await server.connect { connection in
                try await connection.send(
                    "GET", "/v1/sdk/flags", token: "sdk", headers: [("Last-Event-ID", first.etag)])
                #expect(try await connection.head().status == 200)
                #expect(try await connection.chunk() == bytes("event: current\nid: \(first.etag)\ndata: {}\n\n"))
                server.flags.publish(FakeFlags.flags.replacing("0.5", with: "0.6"))
                #expect(try await connection.chunk() == event(server.flags.cell.snapshot))
                // A burst is sent as its first and its last, and now and then in between when it takes long.
                for number in 1...20 { server.flags.publish(FakeFlags.flags.replacing("0.5", with: "0.0\(number)")) }
                let last = event(server.flags.cell.snapshot)
                var seen: [[UInt8]] = []
                while seen.last != last { seen.append(try await connection.chunk() ?? []) }
                #expect(seen.count < 20)
            }
        }
    }

    @Test("A set of megabytes that changes again before a client has read it does not cut the client off")
    func largeSets() async throws {
        try await TestServer.with { server in
            func set(_ number: Int) -> String {
                #"{"flags": {"big": {"state": "ENABLED", "variants": {"a": "\#(number)\#(String(repeating: "x", count: 3_000_000))"}, "defaultVariant": "a"}}}"#
            }
            server.flags.publish(set(0))
            try await server.connect { connection in
                try await connection.send("GET", "/v1/sdk/flags", token: "sdk")
                #expect(try await connection.head().status == 200)
                for number in 1...4 {
                    server.flags.publish(set(number))
                    // Longer than sets are held together: each is written for itself, while nobody reads.
                    try await Task.sleep(for: .milliseconds(80))
                }
                let last = bytes("event: flags\nid: \(server.flags.cell.snapshot.etag)\n")
                while try await connection.chunk().map({ $0.starts(with: last) }) == false {}
            }
        }
    }

    @Test("A token's ticket opens the stream until two others have followed, and with it the answer has another tag")
    func tickets() throws {
        let flags = FakeFlags(dev: true)
        let board = FlagBoard(feed: flags, eventLoop: EmbeddedEventLoop()) { _ in }
        let first = board.ticket(for: "shop")
        #expect(board.ticket(for: "shop") === first && board.ticket(first.text) === first)
        #expect(board.ticket(for: "other").text != first.text)
        #expect(board.ticket(first.text + "x") == nil)
        #expect(board.ticket("") == nil)
        board.changeTickets()
        let second = board.ticket(for: "shop")
        #expect(first.text != second.text)
        #expect(board.ticket(first.text) != nil && board.ticket(second.text) != nil)
        board.changeTickets()
        #expect(board.ticket(first.text) == nil)
        #expect(board.ticket(second.text) != nil)
    }

    @Test("A client that knows the answer is told of another ticket for its stream")
    func ticketTag() throws {
        let flags = FakeFlags(dev: true)
        let loop = EmbeddedEventLoop()
        let board = FlagBoard(feed: flags, eventLoop: loop) { _ in }
        func tag() -> AnswerTag? {
            var answers = FlagAnswers()
            var out = ByteBuffer()
            let ticket = board.ticket(for: nil)
            return [UInt8]().withUnsafeBytes {
                answers.all(body: $0, known: nil, of: board, ticket: ticket, now: currentTime(), into: &out).tag
            }
        }
        let first = tag()
        #expect(tag() == first)
        loop.advanceTime(by: FlagBoard.ticketLife)
        #expect(tag() != first)
    }

    @Test("An event loop keeps its answers until there are others, and never goes back to older ones")
    func sheets() throws {
        let flags = FakeFlags(dev: true)
        let board = FlagBoard(feed: flags, eventLoop: EmbeddedEventLoop()) { _ in }
        var kept = FlagBoard.Kept()
        let first = board.sheet(&kept)
        #expect(board.sheet(&kept) === first)
        flags.publish(FakeFlags.flags.replacing("0.5", with: "0.6"))
        #expect(board.sheet(&kept).snapshot === flags.cell.snapshot)
    }

    @Test("A default variant that does not exist is named, and the answer has its metadata")
    func missingDefault() async throws {
        try await TestServer.with(dev: true) { server in
            server.flags.publish(
                #"{"metadata": {"team": "shop"}, "flags": {"lost": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "of"}, "own": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on", "metadata": {"owner": "me"}}}}"#
            )
            let answer = try await server.ask("POST", "\(evaluate)/lost", body: bytes("{}"))
            #expect(answer.status == 400)
            #expect(
                answer.text
                    == #"{"key":"lost","errorCode":"GENERAL","errorDetails":"the flag's default variant 'of' does not exist: see 'halcyon flag get lost'","metadata":{"team":"shop"}}"#
            )
            let own = try await server.ask("POST", "\(evaluate)/own", body: bytes("{}"))
            #expect(own.text.hasSuffix(#""variant":"on","value":true,"metadata":{"team":"shop","owner":"me"}}"#))
        }
    }
}
