import Series
import Testing

@testable import MetricsFormats

@Suite struct RemoteWriteTests {
    private func decode(
        _ message: Protobuf, _ version: RemoteWriteDecoder.Version, limit: Int = 1 << 20
    ) throws -> IngestBatch {
        var decoder = RemoteWriteDecoder(bodyLimit: limit)
        var batch = IngestBatch()
        try Snappy.encode(message.bytes).withUnsafeBytes { try decoder.decode($0, version, into: &batch) }
        return batch
    }

    private static func label(_ name: String, _ value: String) -> (inout Protobuf) -> Void {
        { label in
            label.text(1, name)
            label.text(2, value)
        }
    }

    private static func sample(_ value: Double, _ time: UInt64, start: UInt64 = 0) -> (inout Protobuf) -> Void {
        { sample in
            sample.double(1, value)
            sample.number(2, time)
            if start > 0 { sample.number(3, start) }
        }
    }

    @Test("1.0: series, samples, labels in any place, metadata")
    func version1() throws {
        var request = Protobuf()
        request.message(1) { series in
            series.message(1, Self.label("__name__", "up"))
            series.message(1, Self.label("job", "a"))
            series.message(2, Self.sample(1, 1000))
            series.message(2, Self.sample(0, 2000))
        }
        request.message(1) { series in
            series.message(2, Self.sample(-7.5, 3000))
            series.message(1, Self.label("z", "é"))
            series.message(3) { $0.double(2, 1) }
            series.message(1, Self.label("__name__", "odd"))
            series.message(1, Self.label("empty", ""))
        }
        request.message(3) { metadata in
            metadata.number(1, 1)
            metadata.text(2, "up")
            metadata.text(4, "Whether it is up.")
        }
        let batch = try decode(request, .one)
        #expect(batch.lines == ["up{job=\"a\"} 1.0@1000 0.0@2000", "odd{z=\"é\"} -7.5@3000"])
        #expect(batch.exemplars == 1)
        #expect(batch.metadata == [MetricMetadata(metric: "up", type: "counter", help: "Whether it is up.")])
    }

    @Test("2.0: symbols, start times, native histograms")
    func version2() throws {
        var request = Protobuf()
        for symbol in ["", "__name__", "requests", "code", "200", "help"] { request.text(4, symbol) }
        request.message(5) { series in
            series.bytes(1, [1, 2, 3, 4])
            series.message(2, Self.sample(5, 9000, start: 1000))
            series.message(5) { metadata in
                metadata.number(1, 1)
                metadata.number(3, 5)
            }
        }
        request.message(5) { series in
            series.bytes(1, [1, 2])
            series.message(3) { histogram in
                histogram.number(1, 6)
                histogram.double(3, 2.5)
                histogram.signed(4, 2)
                histogram.message(11) { span in
                    span.signed(1, -1)
                    span.number(2, 2)
                }
                histogram.bytes(12, [4, 4])
                histogram.number(15, 9000)
                histogram.number(17, 500)
            }
        }
        let batch = try decode(request, .two)
        #expect(
            batch.lines == ["requests{code=\"200\"} 5.0@9000[1000]", "requests H6.0/2.5s2[2.0, 4.0]@9000[500]"])
        #expect(batch.metadata == [MetricMetadata(metric: "requests", type: "counter", help: "help")])
    }

    @Test("what is malformed is refused with its place")
    func malformed() throws {
        var request = Protobuf()
        request.message(1) { $0.message(2, Self.sample(1, 1000)) }
        for cut in 1..<request.bytes.count {
            #expect(throws: FormatError.self) {
                _ = try decode(Protobuf(bytes: Array(request.bytes.prefix(cut))), .one)
            }
        }
        var unknown = Protobuf()
        unknown.message(5) { $0.bytes(1, [1, 2]) }
        #expect(throws: FormatError.malformed("the remote-write 2.0 request is malformed", offset: 3)) {
            _ = try decode(unknown, .two)
        }
        #expect(throws: FormatError.self) {
            _ = try decode(Protobuf(bytes: [UInt8](repeating: 0, count: 2000)), .one, limit: 100)
        }
    }

    @Test("labels that are wrong are named")
    func labels() throws {
        func problem(_ labels: [(String, [UInt8])]) throws -> IngestBatch.LabelProblem? {
            var request = Protobuf()
            request.message(1) { series in
                for (name, value) in labels {
                    series.message(1) { label in
                        label.text(1, name)
                        label.bytes(2, value)
                    }
                }
            }
            let batch = try decode(request, .one)
            do throws(IngestBatch.LabelProblem) {
                _ = try batch.labels(of: batch.series[0], limits: .init(count: 3, length: 10))
                return nil
            } catch {
                return error
            }
        }
        let name = ("__name__", Array("m".utf8))
        #expect(try problem([name, ("b", [98]), ("a", [97])]) == nil)
        #expect(try problem([("a", [97])]) == .noMetricName)
        #expect(try problem([name, ("a", [97]), ("a", [98])]) == .twice("a"))
        #expect(try problem([name, ("a", [0xff])]) == .notUTF8("a"))
        #expect(try problem([name, ("a", [1]), ("b", [1]), ("c", [1])]) == .tooMany(4, limit: 3))
        #expect(try problem([name, ("a", Array(repeating: 97, count: 11))]) == .tooLong("a", length: 11, limit: 10))
    }
}
