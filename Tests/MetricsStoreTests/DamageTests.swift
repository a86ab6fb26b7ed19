import Foundation
import Glibc
import MetricsFormats
import Series
import Testing

@testable import MetricsStore

@Suite struct DamageTests {
    let folder: TemporaryFolder
    let labels: Labels = ["__name__": "requests", "host": "a"]

    init() throws { folder = try TemporaryFolder() }

    private func open() throws -> MetricsStore {
        var options = StoreOptions()
        options.retentionAge = 0
        options.blockLength = 100_000
        return try MetricsStore(path: folder.path, options: options)
    }

    /// A copy of the store as it lies on the disk while it runs: what a crash leaves.
    private func crash(_ store: MetricsStore) throws -> TemporaryFolder {
        let copy = try TemporaryFolder()
        for name in ["wal", "head", "blocks", "damaged"] {
            try FileManager.default.copyItem(atPath: folder.file(name), toPath: copy.file(name))
        }
        for name in try Folder.names(folder.path) where name.hasPrefix("checkpoint") {
            try FileManager.default.copyItem(atPath: folder.file(name), toPath: copy.file(name))
        }
        return copy
    }

    @Test("a log that ends in the middle of a record, or in rubbish, is cut there, and that is said")
    func tornTail() async throws {
        let store = try open()
        for number in 0..<20 { try await store.put(labels, [(Int64(number), Double(number))]) }
        let copy = try crash(store)
        store.close()
        let segment = copy.file("wal/\(try #require(Folder.names(copy.file("wal")).last))")
        let whole = try Data(contentsOf: URL(filePath: segment))
        for cut in stride(from: whole.count, to: 16, by: -7) {
            for tail in [Data(), Data([1, 2, 3]), Data(repeating: 0, count: 100)] {
                try (whole.prefix(cut) + tail).write(to: URL(filePath: segment))
                let again = try MetricsStore(path: copy.path)
                let values = try again.values(labels)
                #expect(values == Dictionary(uniqueKeysWithValues: (0..<values.count).map { (Int64($0), Double($0)) }))
                if cut == whole.count { #expect(values.count == 20) }
                #expect((again.recovery.tornBytes > 0) == !again.recovery.problems.isEmpty)
                if !tail.isEmpty {
                    #expect(again.recovery.problems.first?.contains("cut off") == true, "\(again.recovery)")
                }
                again.log.close()
                again.close()
                for name in try Folder.names(copy.path) where name.hasPrefix("checkpoint") {
                    Folder.remove(copy.file(name))
                }
                for name in try Folder.names(copy.file("wal")) { Folder.remove(copy.file("wal/\(name)")) }
            }
        }
    }

    @Test("a damaged block is set aside and said; the rest goes on")
    func damagedBlock() async throws {
        let store = try open()
        for step in 0..<60 { try await store.put(labels, [(Int64(step) * 10_000, Double(step))]) }
        try store.tidyNow()
        store.close()
        let names = try Folder.names(folder.file("blocks"))
        #expect(!names.isEmpty)
        let path = folder.file("blocks/\(names[0])")
        let whole = try Data(contentsOf: URL(filePath: path))
        for place in stride(from: 0, to: whole.count, by: 11) {
            var damaged = whole
            damaged[place] ^= 0x5a
            try damaged.write(to: URL(filePath: path))
            do throws(StoreError) {
                let block = try Block(path: path, number: 1)
                #expect(throws: StoreError.self, "byte \(place)") { try block.verify() }
                // Reading it anyway gives something or a refusal, and never a crash.
                for ordinal in block.ordinals([]) { _ = block.series(Int(ordinal)) }
            } catch {
                guard case .damaged = error else {
                    Issue.record("\(error)")
                    continue
                }
            }
        }
        try whole.prefix(whole.count - 3).write(to: URL(filePath: path))
        let again = try open()
        #expect(again.recovery.problems.first?.contains("set aside") == true)
        #expect(try Folder.names(folder.file("damaged")) == [names[0]])
        #expect(try await again.put(labels, [(1_000_000, 1)]).accepted == 1)
        again.close()
    }

    @Test("a damaged checkpoint is set aside, and what is left of the log is read")
    func damagedCheckpoint() async throws {
        let store = try open()
        try await store.put(labels, [(1, 1)])
        store.close()
        let name = try #require(Folder.names(folder.path).last { $0.hasPrefix("checkpoint") })
        var bytes = try Data(contentsOf: URL(filePath: folder.file(name)))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: folder.file(name)))
        let again = try open()
        #expect(again.recovery.problems.first?.contains("checksum") == true)
        #expect(try await again.put(labels, [(2, 2)]).accepted == 1)
        again.close()
    }

    @Test(
        "a file system that runs full stops ingest, says so, loses nothing, and takes samples again when there is room",
        .enabled(if: SmallDisk.canMount, "mounting needs root"))
    func fullDisk() async throws {
        let disk = try SmallDisk(at: folder.file("disk"), size: "20m")
        var options = StoreOptions()
        options.retentionAge = 0
        let store = try MetricsStore(path: folder.file("disk/store"), options: options)
        var kept: [Int64] = []
        var refusals = 0
        var number: Int64 = 0
        while refusals < 50, number < 5000 {
            var batch = IngestBatch()
            for series in 0..<200 {
                batch.append(
                    ["__name__": "m", "series": "\(series)"], time: number * 1000, value: Double(number) * 1.1)
            }
            do {
                _ = try await store.write(batch)
                kept.append(number)
            } catch let error as StoreError {
                guard case .storageFull = error else { throw error }
                #expect("\(error)".contains("no room left"))
                refusals += 1
            }
            number += 1
        }
        #expect(refusals == 50 && kept.count > 100)
        try disk.grow(to: "200m")
        let deadline = ContinuousClock.now + .seconds(30)
        while store.problem != nil, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
        #expect(store.problem == nil)
        let last: Labels = ["__name__": "m", "series": "7"]
        #expect(try await store.put(last, [(number * 1000, 1)]).accepted == 1)
        let values = try store.values(last)
        #expect(kept.allSatisfy { values[$0 * 1000] == Double($0) * 1.1 })
        store.close()
        let again = try MetricsStore(path: folder.file("disk/store"), options: options)
        let after = try again.values(last)
        #expect(kept.allSatisfy { after[$0 * 1000] == Double($0) * 1.1 })
        #expect(again.recovery.problems == [])
        again.close()
        withExtendedLifetime(disk) {}
    }
}

/// A file system of a few megabytes.
private final class SmallDisk {
    let path: String

    /// Root in a container may not mount.
    static var canMount: Bool {
        guard getuid() == 0, let probe = try? TemporaryFolder() else { return false }
        return (try? SmallDisk(at: probe.file("probe"), size: "1m")) != nil
    }

    init(at path: String, size: String) throws {
        self.path = path
        mkdir(path, 0o700)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(size)") == 0 else { throw MountFailed(code: errno) }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    func grow(to size: String) throws {
        guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT), "size=\(size)") == 0 else {
            throw MountFailed(code: errno)
        }
    }

    struct MountFailed: Error { let code: Int32 }
}
