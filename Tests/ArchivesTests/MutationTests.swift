import Archives
import FoundationEssentials
import Testing
import Values

@Suite struct MutationTests {
    private static func archive() -> [UInt8] {
        var tar = TarWriter()
        tar.add("bin/", type: "5")
        tar.add("bin/app", mode: 0o755, body: Array("#!/bin/sh\n".utf8))
        tar.add("link", type: "2", link: "bin/app")
        tar.add("hard", type: "1", link: "bin/app")
        tar.addPax([("path", "bin/extended"), ("linkpath", "bin/app"), ("size", "3")])
        tar.add("x", type: "2", link: "x")
        tar.add("././@LongLink", type: "L", body: Array("bin/long\u{0}".utf8))
        tar.add("short", body: [1, 2, 3])
        return tar.finished()
    }

    /// Changes a few bytes; in headers mostly to bytes that mean something there, with the checksum put right.
    private static func mutate(_ original: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        let meaningful = Array("./01234567xgLKS\u{0}\u{FF}= \n..".utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let block = Int.random(in: 0..<(bytes.count / 512), using: &random) * 512
            let fields = [0..<30, 100..<108, 124..<136, 156..<157, 157..<187, 257..<263, 345..<360, 0..<512]
            guard let field = fields.randomElement(using: &random) else { continue }
            let place = block + Int.random(in: field, using: &random)
            let isAny = Bool.random(using: &random)
            bytes[place] =
                isAny
                ? UInt8.random(in: 0...255, using: &random) : meaningful.randomElement(using: &random) ?? 0
            if Int.random(in: 0..<8, using: &random) > 0 {
                bytes.replaceSubrange(
                    block..<(block + 512), with: TarWriter.withChecksum(Array(bytes[block..<(block + 512)])))
            }
        }
        if Int.random(in: 0..<10, using: &random) == 0 {
            bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
        }
        return bytes
    }

    @Test("Changed archives never crash it, and never write outside the folder", arguments: 0..<6 as Range<UInt64>)
    func mutations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let sandbox = try Sandbox()
        let limits = UnpackLimits(entries: 100, size: .mebibytes(4))
        var unpacked = 0
        for round in 0..<300 {
            var bytes = MutationTests.mutate(MutationTests.archive(), &random)
            if round % 3 == 1 { bytes = gzipped(bytes) }
            if round % 3 == 2 { bytes = zstandardized(bytes) }
            if round % 7 == 0, !bytes.isEmpty { bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 0x10 }
            do {
                _ = try sandbox.unpack(bytes, limits: limits)
                unpacked += 1
                try FileManager.default.removeItem(atPath: sandbox.target)
            } catch is ArchiveError {
                let left = try? FileManager.default.contentsOfDirectory(atPath: "\(sandbox.path)/releases")
                #expect(left ?? [] == [])
            }
            try #require(sandbox.outsideIsUntouched)
        }
        // Both outcomes happen, or the test would prove little.
        #expect((1..<300).contains(unpacked))
    }
}
