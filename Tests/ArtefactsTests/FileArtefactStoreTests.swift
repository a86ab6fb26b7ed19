import Artefacts
import Crypto
import FoundationEssentials
import Glibc
import Ports
import Testing
import Values
import Wire

@Suite struct FileArtefactStoreTests {
    let folder: TemporaryFolder
    let store: FileArtefactStore

    init() throws {
        folder = try TemporaryFolder()
        store = try FileArtefactStore(directory: folder.file("artefacts"), limit: .mebibytes(2))
    }

    @Test("an artefact in pieces is stored whole under its digest")
    func stores() async throws {
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let upload = try await store.beginUpload()
        for start in stride(from: 0, to: bytes.count, by: 70_000) {
            try await upload.append(Array(bytes[start..<min(start + 70_000, bytes.count)]))
        }
        #expect(await store.path(digest: digest(bytes)) == nil)
        let answer = try await upload.finish(expected: digest(bytes))
        #expect(answer == UploadAnswer(digest: digest(bytes), size: 1_000_000))
        let path = try #require(await store.path(digest: answer.digest))
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(bytes))
        #expect(
            path
                == folder.file("artefacts/sha256/\(answer.digest.dropFirst(7).prefix(2))/\(answer.digest.dropFirst(7))")
        )
        #expect(await store.size(digest: answer.digest) == 1_000_000)
        #expect(try folder.names("artefacts/incoming") == [])
    }

    @Test("a digest that differs is refused with both, and nothing is left")
    func mismatch() async throws {
        let upload = try await store.beginUpload()
        try await upload.append([1, 2, 3])
        let wanted = digest([1, 2, 3, 4])
        let problem = await problem { _ = try await upload.finish(expected: wanted) }
        #expect(problem?.kind == .invalid)
        #expect(problem?.message.contains("its digest is \(digest([1, 2, 3])), not \(wanted)") == true)
        #expect(problem?.hint?.contains("3 bytes arrived") == true)
        try await expectNothingLeft()
    }

    @Test("more than the limit is refused at once, and again by later calls")
    func limit() async throws {
        let upload = try await store.beginUpload()
        try await upload.append([UInt8](repeating: 1, count: 2 << 20))
        let first = await problem { try await upload.append([1]) }
        #expect(first?.kind == .tooLarge)
        #expect(first?.message == "the artefact is larger than the limit of 2MiB")
        #expect(await problem { try await upload.append([1]) } == first)
        #expect(await problem { _ = try await upload.finish(expected: nil) } == first)
        try await expectNothingLeft()
    }

    @Test("an empty upload is refused")
    func empty() async throws {
        let upload = try await store.beginUpload()
        #expect(await problem { _ = try await upload.finish(expected: nil) }?.message == "the artefact is empty")
        try await expectNothingLeft()
    }

    @Test("an upload that is abandoned or forgotten leaves nothing")
    func abandoned() async throws {
        let upload = try await store.beginUpload()
        try await upload.append([1])
        await upload.abandon()
        #expect(await problem { try await upload.append([1]) }?.message == "the upload was abandoned")
        try await (store.beginUpload()).append([2])
        try await expectNothingLeft()
    }

    @Test("what is there already is taken again, and finishing twice answers the same")
    func idempotent() async throws {
        let first = try await put([1, 2, 3])
        let upload = try await store.beginUpload()
        try await upload.append([1, 2, 3])
        #expect(try await upload.finish(expected: first) == UploadAnswer(digest: first, size: 3))
        #expect(try await upload.finish(expected: first) == UploadAnswer(digest: first, size: 3))
        #expect(await problem { try await upload.append([4]) }?.kind == .conflict)
        #expect(try folder.names("artefacts/incoming") == [])
    }

    @Test("many uploads of the same and of other bytes at once")
    func concurrent() async throws {
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<60 {
                group.addTask { try await put([UInt8](repeating: UInt8(number % 6), count: 50_000)) }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(answers.count == 6)
        for answer in answers { #expect(await store.size(digest: answer) == 50_000) }
        #expect(try folder.names("artefacts/incoming") == [])
    }

    @Test("a stored file of the wrong length is put right by the next upload")
    func putsRight() async throws {
        let digest = try await put([1, 2, 3])
        let path = try #require(await store.path(digest: digest))
        try Data([1]).write(to: URL(filePath: path))
        _ = try await put([1, 2, 3])
        #expect(try Data(contentsOf: URL(filePath: path)) == Data([1, 2, 3]))
    }

    @Test("what a crash left of uploads is removed at the start; artefacts stay")
    func leftovers() async throws {
        let digest = try await put([1, 2, 3])
        try Data([9, 9]).write(to: URL(filePath: folder.file("artefacts/incoming/4711-1")))
        let next = try FileArtefactStore(directory: folder.file("artefacts"), limit: .mebibytes(2))
        #expect(try folder.names("artefacts/incoming") == [])
        #expect(await next.size(digest: digest) == 3)
    }

    @Test(
        "only a digest is a digest",
        arguments: [
            "", "sha256:", "abc", String(repeating: "a", count: 64), "md5:" + String(repeating: "a", count: 64),
            "sha256:" + String(repeating: "a", count: 63), "sha256:" + String(repeating: "g", count: 64),
            "sha256:../../../../../../../../../../../../../../../../../../../../etc/passwd",
            "sha256:" + String(repeating: "a", count: 62) + "/.", "sha256:" + String(repeating: "a", count: 63) + "\0",
            "sha256:" + String(repeating: "ａ", count: 64), "sha256:" + String(repeating: "a", count: 65),
        ])
    func malformed(_ text: String) async throws {
        #expect(await store.path(digest: text) == nil)
        #expect(await store.size(digest: text) == nil)
        await store.remove(digest: text)
        let upload = try await store.beginUpload()
        try await upload.append([1])
        let problem = await problem { _ = try await upload.finish(expected: text) }
        #expect(problem?.message.hasSuffix("is no digest") == true)
        try await expectNothingLeft()
    }

    @Test("upper-case digits are the same digest")
    func upperCase() async throws {
        let upload = try await store.beginUpload()
        try await upload.append([1, 2, 3])
        let upper = "sha256:" + digest([1, 2, 3]).dropFirst(7).uppercased()
        #expect(try await upload.finish(expected: upper).digest == digest([1, 2, 3]))
        #expect(await store.size(digest: upper) == 3)
    }

    @Test("remove takes one artefact away")
    func removes() async throws {
        let one = try await put([1])
        let two = try await put([2])
        await store.remove(digest: one)
        #expect(await store.path(digest: one) == nil)
        #expect(await store.path(digest: two) != nil)
        await store.remove(digest: one)
    }

    @Test("collecting keeps what is named and what is new")
    func collects() async throws {
        let kept = try await put([1])
        let old = try await put([2])
        let used = try await put([3])
        for digest in [kept, old, used] { try age(digest, hours: 5) }
        let new = try await put([4])
        _ = try await put([3])
        #expect(await store.collect(keeping: [kept]) == [old])
        #expect(await store.path(digest: old) == nil)
        for digest in [kept, used, new] { #expect(await store.path(digest: digest) != nil) }
        #expect(await store.collect(keeping: [kept], unusedFor: .zero).sorted() == [used, new].sorted())
    }

    @Test("a folder that cannot be made is a problem")
    func noFolder() async throws {
        try Data().write(to: URL(filePath: folder.file("file")))
        #expect(throws: Problem.self) {
            try FileArtefactStore(directory: folder.file("file/artefacts"), limit: .mebibytes(1))
        }
    }

    @Test("a full disk is said, and nothing is left", .enabled(if: SmallDisk.canMount, "mounting needs root"))
    func fullDisk() async throws {
        let disk = try SmallDisk(at: folder.file("disk"), size: "1m")
        let small = try FileArtefactStore(directory: folder.file("disk/artefacts"), limit: .mebibytes(100))
        let upload = try await small.beginUpload()
        let problem = await problem {
            for _ in 0..<40 { try await upload.append([UInt8](repeating: 1, count: 100_000)) }
        }
        #expect(problem?.kind == .unavailable)
        #expect(problem?.message.contains("the server's disk is full") == true)
        #expect(try folder.names("disk/artefacts/incoming") == [])
        let next = try await small.beginUpload()
        try await next.append([UInt8](repeating: 1, count: 100_000))
        #expect(try await next.finish(expected: nil).size == 100_000)
        withExtendedLifetime(disk) {}
    }
}

extension FileArtefactStoreTests {
    private func digest(_ bytes: [UInt8]) -> String {
        "sha256:" + SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private func put(_ bytes: [UInt8]) async throws -> String {
        let upload = try await store.beginUpload()
        try await upload.append(bytes)
        return try await upload.finish(expected: nil).digest
    }

    private func problem(_ body: () async throws -> Void) async -> Problem? {
        do {
            try await body()
            return nil
        } catch {
            return error as? Problem
        }
    }

    private func age(_ digest: String, hours: Int) throws {
        let hexadecimal = digest.dropFirst(7)
        let time = timespec(tv_sec: Glibc.time(nil) - hours * 3600, tv_nsec: 0)
        let path = folder.file("artefacts/sha256/\(hexadecimal.prefix(2))/\(hexadecimal)")
        #expect(utimensat(AT_FDCWD, path, [time, time], 0) == 0)
    }

    /// No file anywhere below the store. An upload that nobody holds any more is removed a moment later.
    private func expectNothingLeft() async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try folder.names("artefacts/incoming") != [], ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(try folder.names("artefacts/incoming") == [])
        #expect(try folder.names("artefacts/sha256") == [])
    }
}
