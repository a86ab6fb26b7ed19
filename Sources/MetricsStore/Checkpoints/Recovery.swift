import Glibc
import Series
import Synchronization

/// What was found when a store was opened.
public struct RecoveryReport: Hashable, Sendable {
    /// Series of the head.
    public var series = 0
    /// Records of the log that were applied again.
    public var records = 0
    /// Bytes at the end of the log that were no whole record, and were cut off.
    public var tornBytes = 0
    /// Samples whose series is not known, because the log was damaged.
    public var orphans = 0
    /// What was damaged, and what became of it.
    public var problems: [String] = []
}

/// Brings a store back to what it was: blocks, the last checkpoint, and the log from there on.
enum Recovery {
    struct Recovered {
        var head: Head
        var blocks: [Block]
        var metadata: [MetricMetadata]
        var report: RecoveryReport
        var nextSegment: Int
    }

    static func run(_ path: String, _ options: StoreOptions) throws(StoreError) -> Recovered {
        var report = RecoveryReport()
        let blocks = try openBlocks(path, &report)
        var (head, contents, segment) = try readCheckpoint(path, options, &report)
        for block in blocks { head.flushLimit = max(head.flushLimit, block.footer.flushedThrough) }
        let folder = "\(path)/wal"
        let numbers = try LogSegment.numbers(folder)
        for number in numbers where number >= segment {
            try replay("\(folder)/\(LogSegment.name(number))", number == numbers.last, head, contents.floors, &report)
        }
        segment = max(segment, (numbers.last ?? 0) + 1)
        report.series = head.seriesCount
        let metadata = contents.metadata + head.replayedMetadata
        head.replayedMetadata = []
        return Recovered(
            head: head, blocks: blocks, metadata: metadata, report: report, nextSegment: segment)
    }

    private static func replay(
        _ path: String, _ isLast: Bool, _ head: Head, _ floors: [UInt64], _ report: inout RecoveryReport
    ) throws(StoreError) {
        var (records, orphans) = (0, 0)
        let (good, length) = try LogSegment.read(path) { kind, sequence, reader in
            records += 1
            orphans += head.replay(kind, sequence, reader) { slot in
                let slab = Int(slot >> Slab.bits)
                return slab < floors.count ? floors[slab] : 0
            }
        }
        report.records += records
        report.orphans += orphans
        if orphans > 0 { report.problems.append("\(path): \(orphans) samples belong to series that are not known") }
        guard good < length else { return }
        report.tornBytes += length - good
        report.problems.append(
            "\(path): \(length - good) bytes from byte \(good) on are no whole record: "
                + (isLast
                    ? "they were never acknowledged, and are cut off"
                    : "the log is damaged there, and goes on in the next file"))
        try File(path).truncate(to: good)
    }

    /// The newest checkpoint that is whole; older ones stand in for a damaged one.
    private static func readCheckpoint(
        _ path: String, _ options: StoreOptions, _ report: inout RecoveryReport
    ) throws(StoreError) -> (Head, Checkpoint.Contents, Int) {
        let names = try Folder.names(path).filter { $0.hasPrefix("checkpoint-") }
        for name in names.reversed() {
            if name.hasSuffix(".tmp") {
                Folder.remove("\(path)/\(name)")
                continue
            }
            guard let segment = Int(name.dropFirst("checkpoint-".count)) else { continue }
            let head = Head(area: ChunkArea(folder: "\(path)/head"), options: options)
            do throws(StoreError) {
                let contents = try Checkpoint.read("\(path)/\(name)", into: head)
                try removeUnknownChunks(path, head)
                return (head, contents, segment)
            } catch {
                report.problems.append("\(error); it is set aside")
                try Folder.rename("\(path)/\(name)", to: "\(path)/damaged/\(name)")
            }
        }
        let head = Head(area: ChunkArea(folder: "\(path)/head"), options: options)
        try removeUnknownChunks(path, head)
        return (head, Checkpoint.Contents(), 0)
    }

    /// Files of the chunk area that were begun after the checkpoint: the log has their samples.
    private static func removeUnknownChunks(_ path: String, _ head: Head) throws(StoreError) {
        let known = Set(head.area.numbers.map { ChunkArea.path("\(path)/head", $0) })
        for name in try Folder.names("\(path)/head") where !known.contains("\(path)/head/\(name)") {
            Folder.remove("\(path)/head/\(name)")
        }
    }

    /// Opens the blocks; damaged ones are set aside, replaced ones removed.
    private static func openBlocks(_ path: String, _ report: inout RecoveryReport) throws(StoreError) -> [Block] {
        var blocks: [Block] = []
        for name in try Folder.names("\(path)/blocks") {
            let file = "\(path)/blocks/\(name)"
            guard name.hasSuffix(".block"), let number = Int(name.dropLast(".block".count)) else {
                Folder.remove(file)
                continue
            }
            do throws(StoreError) {
                blocks.append(try Block(path: file, number: number))
            } catch {
                report.problems.append("\(error); it is set aside")
                try Folder.rename(file, to: "\(path)/damaged/\(name)")
            }
        }
        let replaced = Set(blocks.flatMap(\.sources))
        for block in blocks where replaced.contains(block.number) { Folder.remove(block.path) }
        blocks.removeAll { replaced.contains($0.number) }
        return blocks
    }
}
