import Glibc
import Series
import Synchronization

extension MetricsStore {
    /// Copies the store into a new folder while it runs. The copy is a store itself: it holds everything that was acknowledged before,
    /// and perhaps some of what came meanwhile. Blocks are linked, where the file system can, and take no room.
    ///
    /// - Throws: `StoreError` when the folder is not empty or cannot be written; then what was written is left there.
    public func backUp(to folder: String) throws(StoreError) {
        try passages.withLock { _ in Result { () throws(StoreError) in try copy(to: folder) } }.get()
    }

    private func copy(to folder: String) throws(StoreError) {
        for name in ["wal", "head", "blocks", "damaged"] { try Folder.create("\(folder)/\(name)") }
        guard try Folder.names("\(folder)/blocks").isEmpty, try Folder.names("\(folder)/head").isEmpty,
            try !Folder.names(folder).contains(where: { $0.hasPrefix("checkpoint-") })
        else { throw .damaged(path: folder, reason: "there is a store already") }
        try checkpoint()
        // No pass of the maintenance runs meanwhile: blocks, and what the checkpoint tells of, stay where they are.
        for block in blocks.withLock({ $0 }) {
            let name = block.path.split(separator: "/").last.map(String.init) ?? ""
            try Folder.link(block.path, to: "\(folder)/blocks/\(name)")
        }
        for name in try Folder.names("\(path)/head") {
            let file = try File("\(path)/head/\(name)")
            try Folder.copy(file, length: file.length, to: "\(folder)/head/\(name)")
        }
        for name in try Folder.names(path) where name.hasPrefix("checkpoint-") && !name.hasSuffix(".tmp") {
            let file = try File("\(path)/\(name)")
            try Folder.copy(file, length: file.length, to: "\(folder)/\(name)")
        }
        for name in ["blocks", "head", ""] { try Folder.sync("\(folder)/\(name)") }
    }

    /// The folder of snapshots that were made on demand; people remove them.
    public static func snapshots(of path: String) -> String { "\(path)/snapshots" }

    /// Puts a copy that `backUp` made in the place of a store, after every checksum in it was found right.
    ///
    /// - Parameter folder: where the store shall be; nothing may be there.
    /// - Throws: `StoreError` with what is wrong; then nothing is in `folder`.
    public static func restore(_ copy: String, to folder: String) throws(StoreError) -> StoreContents {
        let partial = "\(folder).partial"
        var status = stat()
        guard stat(folder, &status) != 0 else {
            throw .damaged(path: folder, reason: "it is there already: move it away, or name another place")
        }
        remove(partial)
        do throws(StoreError) {
            try duplicate(copy, to: partial)
            let contents = try verify(partial)
            try Folder.rename(partial, to: folder)
            return contents
        } catch {
            remove(partial)
            throw error
        }
    }

    /// Reads a copy from its first byte to its last.
    private static func verify(_ path: String) throws(StoreError) -> StoreContents {
        var contents = StoreContents()
        for name in try Folder.names("\(path)/blocks") {
            let block = try Block(path: "\(path)/blocks/\(name)", number: 0)
            try block.verify()
            contents.blocks += 1
            contents.samples += Int(block.footer.samples)
        }
        let checkpoints = try Folder.names(path).filter { $0.hasPrefix("checkpoint-") }
        guard let newest = checkpoints.last else {
            throw .damaged(path: path, reason: "it has no checkpoint: it is no snapshot of metrics, or not a whole one")
        }
        let head = Head(area: ChunkArea(folder: "\(path)/head"), options: StoreOptions())
        _ = try Checkpoint.read("\(path)/\(newest)", into: head)
        contents.series = head.seriesCount
        var parts = SeriesSelection.Parts()
        var buffer = SampleBuffer()
        do throws(QueryError) {
            try head.collect(
                head.index.withLock { $0 }.slots([]), SelectRequest(matchers: [], after: .min, through: .max),
                into: &parts)
            let all = SeriesSelection(
                parts, after: .min, through: .max, limitSamples: 0, mappings: head.area.mappings, blocks: [],
                onDamage: { _ in })
            for index in 0..<all.count {
                buffer.removeAll()
                try all.read(index, into: &buffer)
                contents.samples += buffer.count
            }
        } catch {
            throw .damaged(path: path, reason: "\(error)")
        }
        return contents
    }

    private static func duplicate(_ copy: String, to folder: String) throws(StoreError) {
        for part in ["wal", "head", "blocks", "damaged"] { try Folder.create("\(folder)/\(part)") }
        for name in try Folder.names("\(copy)/blocks") where name.hasSuffix(".block") {
            try Folder.link("\(copy)/blocks/\(name)", to: "\(folder)/blocks/\(name)")
        }
        for (part, prefix) in [("/head", ""), ("", "checkpoint-")] {
            for name in try Folder.names(copy + part) where name.hasPrefix(prefix) {
                let file = try File("\(copy)\(part)/\(name)")
                try Folder.copy(file, length: file.length, to: "\(folder)\(part)/\(name)")
            }
        }
        for part in ["blocks", "head", ""] { try Folder.sync("\(folder)/\(part)") }
    }

    static func remove(_ folder: String) {
        for part in ["/wal", "/head", "/blocks", "/damaged", ""] {
            for name in (try? Folder.names(folder + part)) ?? [] { Folder.remove("\(folder)\(part)/\(name)") }
            rmdir(folder + part)
        }
    }
}

/// What a copy of a store holds.
public struct StoreContents: Hashable, Sendable {
    public var blocks = 0
    /// Of the head.
    public var series = 0
    public var samples = 0
}
