import Documents
import Flags
import NIOCore
import NIOPosix
import Ports
import Testing
import Values
import Wire

@testable import RPCAPI

/// One environment, whose set can change in the very moment in which somebody begins to listen.
private final class TestFeed: FlagFeed, FlagGateway {
    let name = "production"
    let cell: SnapshotCell
    private let onSubscribe: FlagSnapshot?

    init(_ snapshot: FlagSnapshot, onSubscribe: FlagSnapshot? = nil) {
        cell = SnapshotCell(snapshot)
        self.onSubscribe = onSubscribe
    }

    func subscribe(_ sink: any FlagSink) {
        // It was published before the sink was there to hear of it.
        if let onSubscribe { cell.publish(onSubscribe) }
    }
    func unsubscribe(_ sink: any FlagSink) {}
    func tookAll() {}
    func admit(token: String?, selector: String?) -> FlagAdmission { .environment(self) }
    func admit(principal: Principal?, selector: String?) -> FlagAdmission { .environment(self) }
}

private func compiled(_ text: String) throws -> FlagSnapshot {
    let node = try #require(JSONParser.parse(Array(text.utf8), file: "test").node)
    return try #require(FlagSnapshot.compile(node, file: "test").snapshot)
}

private func loop(_ feed: TestFeed) -> RPCLoop {
    RPCLoop(
        eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
        parts: PortParts(
            methods: .evaluation, gateway: feed, descriptors: .all, clock: { Timestamp(milliseconds: 0) },
            connections: ConnectionCount(maximum: 10)))
}

@Suite("Serving flags over RPC")
struct ServingTests {
    @Test("A set that is published while a stream begins is not missed")
    func beginning() async throws {
        let old = try compiled(#"{"flags": {}}"#)
        let new = try compiled(#"{"flags": {"a": {"state": "ENABLED", "variants": {"x": 1}}}}"#)
        let feed = TestFeed(old, onSubscribe: new)
        let rpc = loop(feed)
        let etag = try await rpc.eventLoop.submit { rpc.broadcast(feed).latest.snapshot.etag }.get()
        #expect(etag == new.etag)
    }

    private static let set = """
        {"flags": {
          "open": {"state": "ENABLED", "variants": {"on": true}},
          "gone": {"state": "DISABLED", "variants": {"on": true}},
          "lost": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "of"}}}
        """

    private func status(_ key: String, _ generation: RPCMethod.Generation, json: Bool) async throws -> RPCStatus {
        let feed = TestFeed(try compiled(ServingTests.set))
        let rpc = loop(feed)
        return try await rpc.eventLoop.submit {
            do throws(RPCStatus) {
                if json {
                    _ = try rpc.resolveJSON(
                        .boolean, generation, ByteBuffer(string: "{\"flagKey\":\"\(key)\"}"), feed)
                } else {
                    var answer = ByteBuffer()
                    let message = ByteBuffer(bytes: ProtoWriter.message { $0.text(1, key) })
                    try rpc.resolve(.boolean, generation, message, feed, into: &answer)
                }
                return RPCStatus.ok
            } catch {
                return error
            }
        }.get()
    }

    @Test("Without a default variant the older generations answer NOT_FOUND: they cannot say that there is no value")
    func noDefault() async throws {
        for json in [false, true] {
            #expect(try await status("open", .v2, json: json).code == .ok)
            for generation in [RPCMethod.Generation.v1, .legacy] {
                let status = try await status("open", generation, json: json)
                #expect(status.code == .notFound)
                #expect(status.message.contains("no default variant"))
                #expect(try await self.status("gone", generation, json: json).code == .ok)
            }
        }
    }

    @Test("A default variant that does not exist is named")
    func missingDefault() async throws {
        let status = try await status("lost", .v2, json: false)
        #expect(status.code == .internal)
        #expect(status.message.contains("default variant 'of' does not exist"))
    }
}
