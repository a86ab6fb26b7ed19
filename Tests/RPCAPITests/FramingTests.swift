import Compression
import Flags
import NIOCore
import Testing

@testable import RPCAPI

@Suite struct FramingTests {
    @Test("messages are found in whatever pieces they come")
    func pieces() throws {
        var stream = Envelope.wrap(Array("first".utf8))
        stream.writeImmutableBuffer(Envelope.wrap([]))
        stream.writeImmutableBuffer(Envelope.wrap(Array(repeating: 7, count: 3000), flags: 1))
        for size in [1, 2, 5, 6, 1000, 10_000] {
            var reader = EnvelopeReader()
            var messages: [(UInt8, Int)] = []
            var rest = stream
            while rest.readableBytes > 0 {
                let piece = rest.readSlice(length: min(size, rest.readableBytes))
                reader.append(piece ?? ByteBuffer())
                while let message = try reader.next(limit: 5000) {
                    messages.append((message.flags, message.bytes.readableBytes))
                }
            }
            #expect(messages.map(\.0) == [0, 0, 1])
            #expect(messages.map(\.1) == [5, 0, 3000])
            #expect(reader.waitingBytes == 0)
        }
    }

    @Test("a message is refused as soon as it says how large it is")
    func tooLarge() {
        var reader = EnvelopeReader()
        reader.append(ByteBuffer(bytes: [0, 0xFF, 0xFF, 0xFF, 0xFF]))
        do throws(RPCStatus) {
            _ = try reader.next(limit: 10)
            Issue.record("the message was not refused")
        } catch {
            #expect(error == .tooLarge("the message", limit: 10))
        }
    }

    @Test("what is packed comes out the same, and never larger than the limit")
    func gzip() throws {
        let message = ByteBuffer(bytes: (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 100) })
        let packed = try #require(Gzip.pack(message))
        #expect(packed.readableBytes < 5000)
        #expect(try Gzip.unpacked(packed, limit: 100_000) == message)
        #expect(throws: RPCStatus.tooLarge("the unpacked message", limit: 50_000)) {
            try Gzip.unpacked(packed, limit: 50_000)
        }
        for bad in [ByteBuffer(), ByteBuffer(string: "no gzip"), packed.getSlice(at: 0, length: 100) ?? packed] {
            #expect(throws: RPCStatus.self) { try Gzip.unpacked(bad, limit: 1000) }
        }
    }

    @Test("a status is carried in printable ASCII")
    func statusMessage() {
        #expect(RPCStatus(.notFound, "there is no 'a'").encodedMessage == "there is no 'a'")
        #expect(RPCStatus(.notFound, "100% ö\n").encodedMessage == "100%25 %C3%B6%0A")
        let error = String(decoding: RPCStatus(.dataLoss, "a \"b\"").connectError, as: UTF8.self)
        #expect(error == #"{"code":"data_loss","message":"a \"b\""}"#)
    }

    @Test("time-outs are read in every unit, and do not overflow")
    func timeouts() {
        #expect(CallHead.grpcTimeout("1S") == 1_000_000_000)
        #expect(CallHead.grpcTimeout("20m") == 20_000_000)
        #expect(CallHead.grpcTimeout("3u") == 3000)
        #expect(CallHead.grpcTimeout("7n") == 7)
        #expect(CallHead.grpcTimeout("2M") == 120_000_000_000)
        #expect((CallHead.grpcTimeout("99999999H") ?? 0) > 300_000_000_000_000_000)
        for wrong in ["", "S", "1", "123456789S", "-1S", "1 S", "1x"] { #expect(CallHead.grpcTimeout(wrong) == nil) }
    }

    @Test("headers say how a client speaks")
    func heads() throws {
        var head = CallHead()
        head.take(":method", "POST")
        head.take("content-type", "Application/GRPC; charset=utf-8")
        head.take("authorization", "bearer  secret")
        head.take("grpc-accept-encoding", "identity, deflate,gzip;q=1")
        head.take("grpc-encoding", "snappy")
        #expect(head.isPost)
        #expect(head.dialect == Dialect(.grpc))
        #expect(head.token == "secret")
        #expect(head.acceptsGzip(.grpc))
        #expect(!head.acceptsGzip(.connectUnary))
        #expect(throws: RPCStatus.unknownEncoding("snappy")) { try head.encoding(.grpc) }
        #expect(Dialect(contentType: "text/plain") == nil)
        #expect(Dialect(contentType: "application/grpc+json") == nil)
        #expect(Dialect(contentType: "application/connect+json") == Dialect(.connectStream, json: true))
    }

    @Test("changes that were not heard of add up")
    func changesAddUp() {
        #expect(ChangeNews.both(.write, .update) == .write)
        #expect(ChangeNews.both(.update, .delete) == .delete)
        #expect(ChangeNews.both(.delete, .write) == .update)
        #expect(ChangeNews.both(.update, .update) == .update)
    }

    @Test("reflection finds every service, message and method, with the files that they need")
    func descriptors() {
        let set = DescriptorSet.all
        for name in [
            "flagd.evaluation.v2.Service", "flagd.evaluation.v1.Service.ResolveAll", "sync.v1.SyncState",
            "flagd.sync.v1.FlagSyncService", "google.protobuf.Value", "schema.v1.AnyFlag.bool_value",
            "grpc.health.v1.HealthCheckResponse.ServingStatus",
        ] { #expect(set.closure(declaring: name) != nil, "\(name)") }
        #expect(set.closure(declaring: "flagd.evaluation.v2.Service")?.count == 2)
        #expect(set.closure(declaring: "nobody.knows.It") == nil)
        #expect(set.closure(of: "none.proto") == nil)
    }
}
