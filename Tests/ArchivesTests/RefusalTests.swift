import Archives
import Testing
import Values

/// Each hostile or broken archive is refused by name, and leaves nothing behind.
@Suite struct RefusalTests {
    private func refusal(
        limits: UnpackLimits = UnpackLimits(), pack: ([UInt8]) -> [UInt8] = { $0 }, _ fill: (inout TarWriter) -> Void
    ) throws -> ArchiveError? {
        var tar = TarWriter()
        tar.add("first", body: [1])
        fill(&tar)
        return try Sandbox().refusal(of: pack(tar.finished()), limits: limits)
    }

    @Test("Paths that leave the folder", arguments: ["../evil", "a/../../evil", "/etc/evil", "a/..", "//evil"])
    func paths(path: String) throws {
        let error = try refusal { $0.add(path, body: [1]) }
        #expect(error?.kind == .unsafe)
        #expect(error?.entry == path)
    }

    @Test("The same in an extended header")
    func paxPath() throws {
        let error = try refusal {
            $0.addPax([("path", "../../evil")])
            $0.add("harmless")
        }
        #expect(error?.entry == "../../evil")
    }

    @Test("An entry through a symbolic link", arguments: ["../../outside", "inside", "/tmp"])
    func throughLink(target: String) throws {
        let error = try refusal {
            $0.add("inside/", type: "5")
            $0.add("link", type: "2", link: target)
            $0.add("link/evil", body: [1])
        }
        #expect(error?.kind == .unsafe)
        #expect(error?.entry == "link/evil")
        #expect(error?.reason == "it would be written through the symbolic link 'link'")
    }

    @Test("A symbolic link that leaves the folder", arguments: ["..", "../outside", "/etc/passwd", "a/../..", ""])
    func linkOut(target: String) throws {
        let error = try refusal { $0.add("link", type: "2", link: target) }
        #expect(error?.kind == .unsafe)
        #expect(error?.entry == "link")
    }

    @Test("A symbolic link that leaves the folder only through another one")
    func linkOutThroughLink() throws {
        let error = try refusal {
            $0.add("a/b/", type: "5")
            $0.add("a/b/here", type: "2", link: "../..")
            $0.add("z", type: "2", link: "a/b/here/../x")
        }
        #expect(error?.entry == "z")
        #expect(error?.reason.contains("leaves the artefact's folder") == true)
    }

    @Test("Symbolic links in a circle")
    func circle() throws {
        let error = try refusal {
            $0.add("a", type: "2", link: "b")
            $0.add("b", type: "2", link: "a")
        }
        #expect(error?.reason.contains("circle") == true)
    }

    @Test(
        "A hard link to something that is no earlier file",
        arguments: ["../../outside/precious", "/etc/passwd", "later", "dir"])
    func hardLink(target: String) throws {
        let error = try refusal {
            $0.add("dir/", type: "5")
            $0.add("link", type: "1", link: target)
            $0.add("later")
        }
        #expect(error?.kind == .unsafe)
        #expect(error?.entry == "link")
    }

    @Test("Devices and pipes", arguments: ["3", "4", "6"] as [Character])
    func devices(type: Character) throws {
        let error = try refusal { $0.add("dev", type: type) }
        #expect(error?.kind == .unsafe)
        #expect(error?.entry == "dev")
    }

    @Test("Sparse files and unknown types")
    func unsupported() throws {
        #expect(try refusal { $0.add("hole", type: "S") }?.kind == .unsupported)
        #expect(try refusal { $0.add("volume", type: "V") }?.kind == .unsupported)
        let pax = try refusal {
            $0.addPax([("path", "hole"), ("GNU.sparse.major", "1")])
            $0.add("GNUSparseFile.0/hole")
        }
        #expect(pax?.kind == .unsupported)
        #expect(pax?.entry == "hole")
    }

    @Test("One path twice, spelled differently", arguments: ["first", "./first", "first/", "first//below"])
    func duplicates(path: String) throws {
        let error = try refusal { $0.add(path) }
        #expect(error?.kind == .duplicate)
        #expect(error?.entry == path)
    }

    @Test("A name that is not UTF-8 is shown repaired")
    func notText() throws {
        let error = try refusal { $0.add(name: [0x61, 0xFF, 0x62]) }
        #expect(error?.kind == .unsafe)
        #expect(error?.description == "entry 'a\u{FFFD}b': its name or its link is not valid UTF-8 text")
    }

    @Test("Control characters in a name are escaped when shown")
    func controlCharacters() {
        let error = ArchiveError(.unsafe, entry: "a\u{1B}[31m\nb", "is wrong")
        #expect(error.description == "entry 'a\\u{1B}[31m\\nb': is wrong")
    }

    @Test("Set-user bits are dropped")
    func setUser() throws {
        let sandbox = try Sandbox()
        var tar = TarWriter()
        tar.add("root-shell", mode: 0o6777, body: [1])
        _ = try sandbox.unpack(tar.finished())
        #expect(sandbox.mode("root-shell") == 0o755)
    }

    @Test("More entries, or more bytes, than allowed")
    func limits() throws {
        let entries = try refusal(limits: UnpackLimits(entries: 3)) { tar in
            for name in ["a", "b", "c/d"] { tar.add(name) }
        }
        #expect(entries?.kind == .tooLarge)
        #expect(entries?.entry == "c/d")
        let zeros = [UInt8](repeating: 0, count: 40 << 20)
        let size = try refusal(limits: UnpackLimits(size: .mebibytes(30))) { tar in
            for name in ["a", "b"] { tar.add(name, body: Array(zeros[..<(20 << 20)])) }
        }
        #expect(size?.reason == "it unpacks to more than 30MiB, the most that is allowed")
        for pack in [gzipped, zstandardized] {
            let bomb = try refusal(pack: pack) { $0.add("bomb", body: zeros) }
            #expect(bomb?.kind == .tooLarge)
            #expect(bomb?.reason.contains("decompression bomb") == true)
        }
    }

    @Test("An archive cut off anywhere is refused", arguments: [100, 512, 600, 1024, 1500, 2047, 2560])
    func truncated(length: Int) throws {
        var tar = TarWriter()
        tar.add("a", body: [UInt8](repeating: 1, count: 700))
        tar.add("b", body: [UInt8](repeating: 2, count: 400))
        let error = try Sandbox().refusal(of: Array(tar.finished()[..<length]))
        #expect(error?.kind == (length < 512 ? .unknownFormat : .truncated))
        #expect(length != 600 || error?.entry == "a")
    }

    @Test("Compressed data cut off or damaged anywhere is refused")
    func truncatedCompressed() throws {
        var tar = TarWriter()
        tar.add("a", body: (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) })
        for pack in [gzipped, zstandardized] {
            let bytes = pack(tar.finished())
            for length in stride(from: 5, to: bytes.count, by: 97) {
                #expect(try Sandbox().refusal(of: Array(bytes[..<length]))?.kind == .truncated)
            }
        }
        var damaged = gzipped(tar.finished())
        damaged[damaged.count - 6] ^= 1
        #expect(try Sandbox().refusal(of: damaged)?.kind == .damaged)
    }

    @Test("Something after the end mark, or no entry at all")
    func ends() throws {
        var tar = TarWriter()
        tar.add("a")
        var more = TarWriter()
        more.add("hidden")
        #expect(try Sandbox().refusal(of: tar.finished() + more.finished())?.kind == .damaged)
        #expect(try Sandbox().refusal(of: TarWriter().finished())?.reason == "the archive is empty")
    }

    @Test("What is no artefact says what it seems to be")
    func formats() throws {
        #expect(try Sandbox().refusal(of: [])?.reason == "the artefact is empty")
        #expect(try Sandbox().refusal(of: Array("PK\u{3}\u{4}".utf8))?.reason.hasPrefix("it is a zip file") == true)
        #expect(try Sandbox().refusal(of: Array("hello".utf8))?.kind == .unknownFormat)
        let text = [UInt8](repeating: 0x61, count: 2000)
        #expect(try Sandbox().refusal(of: gzipped(text))?.reason == "the compressed content is not a tar archive")
    }

    @Test("A length that makes no sense")
    func damagedHeaders() throws {
        #expect(try refusal { $0.add("pax", type: "x", body: Array("999 path=x\n".utf8)) }?.kind == .damaged)
        #expect(try refusal { $0.add("pax", type: "x", body: Array("-1 path=x\n".utf8)) }?.kind == .damaged)
        #expect(try refusal { $0.add("name", type: "L", size: 1 << 30) }?.kind == .tooLarge)
        #expect(try refusal { $0.add("huge", size: 1 << 35) }?.kind == .tooLarge)
    }
}
