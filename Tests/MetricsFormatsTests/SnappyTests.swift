import Testing
import Values

@testable import MetricsFormats

@Suite struct SnappyTests {
    private func unpacked(_ bytes: [UInt8], limit: Int = 1 << 20) throws(FormatError) -> [UInt8] {
        var output: [UInt8] = []
        var result: Result<Int, FormatError> = .success(0)
        bytes.withUnsafeBytes { raw in
            do throws(FormatError) {
                result = .success(try Snappy.decode(raw, into: &output, limit: limit))
            } catch {
                result = .failure(error)
            }
        }
        return Array(output.prefix(try result.get()))
    }

    @Test("what is packed comes back")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 1)
        for length in [0, 1, 3, 4, 59, 60, 61, 255, 256, 257, 1000, 65_536, 70_000] {
            for spread in [1, 3, 200] as [UInt64] {
                let bytes = (0..<length).map { _ in UInt8(generator.next() % spread) }
                #expect(try unpacked(Snappy.encode(bytes)) == bytes, "\(length) bytes of \(spread)")
            }
        }
    }

    @Test("copies of every form, also of what they are just writing")
    func copies() throws {
        // "abcd", then 5 bytes from 4 back (one-byte offset), then 2 from 2 back (two), then 4 from 1 back (four).
        let block: [UInt8] =
            [15, 3 << 2] + Array("abcd".utf8) + [1 << 2 | 1, 4] + [1 << 2 | 2, 2, 0] + [3 << 2 | 3, 1, 0, 0, 0]
        #expect(String(decoding: try unpacked(block), as: UTF8.self) == "abcdabcdadaaaaa")
    }

    @Test("bombs, cut blocks and copies from before the beginning are refused")
    func refused() {
        #expect(
            throws: FormatError.tooLarge("the snappy block would become 2097152 bytes; at most 1048576 are allowed")
        ) { _ = try unpacked([0x80, 0x80, 0x80, 0x01, 0]) }
        let blocks: [[UInt8]] = [
            [], [0xff], [5, 0], [4, 3 << 2, 97], [4, 0, 97, 1, 9], [0xe8, 7, 0, 97], [2, 0, 97, 0, 98, 0, 99],
        ]
        for block in blocks { #expect(throws: FormatError.self) { _ = try unpacked(block) } }
    }
}
