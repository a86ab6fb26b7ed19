import Archives
import FoundationEssentials
import Glibc
import Testing

@Suite struct UnpackTests {
    private func build() -> TarWriter {
        var tar = TarWriter()
        tar.add("./", type: "5", mode: 0o755)
        tar.add("./bin/", type: "5", mode: 0o755)
        tar.add("./bin/app", mode: 0o755, body: Array("#!/bin/sh\n".utf8))
        tar.add("./app", type: "2", link: "bin/app")
        tar.add("./bin/again", type: "1", link: "./bin/app")
        tar.add("./deep/er/notes.txt", body: Array(repeating: 0x61, count: 1500))
        tar.add("./empty")
        return tar
    }

    @Test(
        "A tar archive is unpacked with its executable bits and links, plain, gzip and Zstandard",
        arguments: [ArtefactFormat.tar, .tarGzip, .tarZstandard])
    func archives(format: ArtefactFormat) throws {
        let sandbox = try Sandbox()
        let tar = build().finished()
        let bytes = format == .tar ? tar : format == .tarGzip ? gzipped(tar) : zstandardized(tar)
        let unpacked = try sandbox.unpack(bytes)
        #expect(unpacked.format == format)
        #expect(unpacked.directory == sandbox.target)
        #expect(unpacked.entries == 8)
        #expect(unpacked.bytes == 1510)
        #expect(sandbox.text("app") == "#!/bin/sh\n")
        #expect(sandbox.linkTarget("app") == "bin/app")
        #expect(sandbox.text("bin/again") == "#!/bin/sh\n")
        #expect(sandbox.text("deep/er/notes.txt")?.utf8.count == 1500)
        #expect(sandbox.text("empty") == "")
        #expect(sandbox.mode("bin/app") == 0o755)
        #expect(sandbox.mode("empty") == 0o644)
        #expect(sandbox.mode("") == 0o755)
    }

    @Test("A single executable is placed under its name, mode 0755")
    func executable() throws {
        let sandbox = try Sandbox()
        let unpacked = try sandbox.unpack(Array("#!/bin/sh\nexit 0\n".utf8), name: "storefront")
        #expect(unpacked == UnpackedArtefact(directory: sandbox.target, format: .executable, entries: 1, bytes: 17))
        #expect(sandbox.mode("storefront") == 0o755)
        #expect(sandbox.text("storefront") == "#!/bin/sh\nexit 0\n")
    }

    @Test("Without a name, a single executable keeps the one of its file")
    func executableOwnName() throws {
        let sandbox = try Sandbox()
        _ = try sandbox.unpack([0x7F, 0x45, 0x4C, 0x46] + [UInt8](repeating: 7, count: 300_000))
        #expect(sandbox.mode("artefact") == 0o755)
        #expect(try Data(contentsOf: URL(filePath: "\(sandbox.target)/artefact")).count == 300_004)
    }

    @Test("Long names and sizes come from extended headers, the last one winning, and from GNU entries")
    func longNames() throws {
        let sandbox = try Sandbox()
        let long = String(repeating: "long/", count: 40) + "näme"
        var tar = TarWriter()
        tar.addPax([("size", "99")], type: "g")
        tar.addPax([("mtime", "12.5"), ("path", long), ("size", "3")])
        tar.add("short", body: Array("pax".utf8), size: 0)
        tar.addPax([("size", "")], type: "g")
        tar.add("././@LongLink", type: "L", body: Array("\(long)2\u{0}".utf8))
        tar.add("short", body: Array("gnu".utf8))
        tar.add("././@LongLink", type: "K", body: Array("\(long)\u{0}".utf8))
        tar.add("link", type: "2", link: "cut off")
        _ = try sandbox.unpack(tar.finished())
        #expect(sandbox.text(long) == "pax")
        #expect(sandbox.text("\(long)2") == "gnu")
        #expect(sandbox.linkTarget("link") == long)
    }

    @Test("A size in base 256 is read")
    func largeSizes() throws {
        let sandbox = try Sandbox()
        var tar = TarWriter()
        tar.add("file", body: [1, 2, 3])
        var bytes = tar.finished()
        bytes.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3])
        bytes.replaceSubrange(0..<512, with: TarWriter.withChecksum(Array(bytes[..<512])))
        #expect(try sandbox.unpack(bytes).bytes == 3)
    }

    @Test("What GNU tar makes is read back the same", arguments: ["gnu", "ustar", "pax", "v7"])
    func peer(format: String) throws {
        let sandbox = try Sandbox()
        let source = "\(sandbox.path)/source"
        let script = """
            set -e; D=\(source)/d\(String(repeating: "x", count: 60)); mkdir -p $D; cd \(source)
            printf hello > a; chmod 755 a; ln -s a b; head -c 300000 /dev/urandom > $D/blob; tar --format=\(format) -cf \(sandbox.path)/artefact .
            """
        #expect(system(script) == 0)
        let unpacked = try Archives.unpack("\(sandbox.path)/artefact", into: sandbox.target)
        #expect(unpacked.bytes == 300_005)
        #expect(system("diff -r --no-dereference \(source) \(sandbox.target)") == 0)
        #expect(sandbox.mode("a") == 0o755)
    }

    @Test("Gzip members and Zstandard frames one after the other are one stream")
    func concatenated() throws {
        let tar = build().finished()
        for pack in [gzipped, zstandardized] {
            let sandbox = try Sandbox()
            #expect(try sandbox.unpack(pack(Array(tar[..<700])) + pack(Array(tar[700...]))).entries == 8)
        }
    }

    @Test("A folder that exists and holds something is not replaced; an empty one is")
    func existing() throws {
        let sandbox = try Sandbox()
        try FileManager.default.createDirectory(atPath: sandbox.target, withIntermediateDirectories: true)
        _ = try sandbox.unpack(build().finished())
        let error = #expect(throws: ArchiveError.self) { try sandbox.unpack(build().finished()) }
        #expect(error?.kind == .unwritable)
        #expect(error?.description.contains("exists already") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(sandbox.path)/releases") == ["target"])
    }

    @Test("What a killed process left behind is removed, and nothing else")
    func unfinished() throws {
        let sandbox = try Sandbox()
        _ = try sandbox.unpack(build().finished())
        let left = "\(sandbox.path)/releases/.unpacking-abc"
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
        removeUnfinished(in: "\(sandbox.path)/releases")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(sandbox.path)/releases") == ["target"])
    }

    @Test("A file that cannot be read says so")
    func unreadable() throws {
        let error = #expect(throws: ArchiveError.self) { try unpack("/nowhere/at/all", into: "/nowhere/target") }
        #expect(error?.kind == .unreadable)
    }
}
