import Chunks
import Glibc
import Series
import Synchronization

/// The whole head in a file, so that a restart need not read the log from its beginning.
///
/// It is written while samples come in, slab by slab: each tells up to which record it is complete, and what came later is in
/// the segments of the log from the checkpoint's number on. Layout: a header; per slab its record number and its series; the
/// files of the chunk area with what is used of them; times and metadata; at the end the CRC-32C of everything.
enum Checkpoint {
    static let header = Array("halcyon checkpoint 1\n\0\0\0".utf8)

    static func path(_ folder: String, _ segment: Int) -> String { "\(folder)/checkpoint-\(LogSegment.name(segment))" }

    /// Writes the head as it is.
    /// - Parameters:
    ///   - segment: the segment of the log that was begun before.
    ///   - area: answers the files of the area, the newest, and how much of that is used, while nobody appends.
    static func write(
        _ head: Head, segment: Int, metadata: [MetricMetadata], to folder: String,
        area: () -> (files: [UInt32], last: UInt32, used: Int)
    ) throws(StoreError) {
        let place = path(folder, segment)
        var file = try CheckpointFile(place + ".tmp")
        do throws(StoreError) {
            file.bytes.append(contentsOf: header)
            for (number, slab) in head.slabs.all.enumerated() {
                guard let slab else { continue }
                file.bytes.append(varint: UInt64(number) + 1)
                slab.withLock {
                    file.bytes.append(varint: head.appliedThrough.load(ordering: .acquiring))
                    append(slab, to: &file.bytes)
                }
                try file.writeSome()
            }
            file.bytes.append(varint: 0)
            // The area is looked at afterwards: it has at least the chunks that were told of.
            let state = area()
            try head.area.sync()
            append(state, head, metadata, to: &file.bytes)
            try file.finish()
            try Folder.rename(place + ".tmp", to: place)
        } catch {
            Folder.remove(place + ".tmp")
            throw error
        }
        try Folder.sync(folder)
    }

    private static func append(
        _ area: (files: [UInt32], last: UInt32, used: Int), _ head: Head, _ metadata: [MetricMetadata],
        to bytes: inout [UInt8]
    ) {
        bytes.append(varint: UInt64(area.files.count))
        for file in area.files {
            bytes.append(varint: UInt64(file))
            bytes.append(varint: UInt64(file == area.last ? area.used : Int(UInt32.max)))
        }
        bytes.append(varint: UInt64(head.nextSlot))
        bytes.append(zigzag: head.newestTime.load(ordering: .relaxed))
        bytes.append(zigzag: head.flushLimit)
        bytes.append(varint: UInt64(metadata.count))
        for entry in metadata { entry.append(to: &bytes) }
    }

    private static func append(_ slab: Slab, to bytes: inout [UInt8]) {
        for place in 0..<Slab.size where slab.states[place].isUsed {
            let state = slab.states[place]
            bytes.append(varint: UInt64(place) + 1)
            let labels = slab.labels[place].bytes
            bytes.append(varint: UInt64(labels.count))
            bytes.append(contentsOf: labels)
            bytes.append(zigzag: state.lastTime)
            bytes.append(fixed64: state.lastBits)
            bytes.append(
                (state.endsInHistogram ? 1 : 0) | (state.hasHistograms ? 2 : 0) | (state.hasLateSamples ? 4 : 0))
            appendOpen(state.open, to: &bytes)
            append(state.sealed, to: &bytes)
            if state.hasHistograms, let chunk = slab.histograms[place] {
                bytes.append(varint: UInt64(chunk.count))
                bytes.append(zigzag: chunk.start)
                bytes.append(varint: UInt64(chunk.bytes.count))
                bytes.append(contentsOf: chunk.bytes)
            }
            if state.hasLateSamples { append(slab.late[place] ?? LateSamples(), to: &bytes) }
        }
        bytes.append(0)
    }

    private static func appendOpen(_ chunk: OpenChunk, to bytes: inout [UInt8]) {
        let kept = chunk.resumption
        bytes.append(varint: UInt64(kept.count))
        guard kept.count > 0 else { return }
        bytes.append(varint: UInt64(kept.bits))
        bytes.append(zigzag: kept.start)
        bytes.append(zigzag: kept.firstTime)
        bytes.append(varint: UInt64(bitPattern: kept.lastTime &- kept.firstTime))
        bytes.append(kept.leading)
        bytes.append(kept.trailing)
        bytes.append(kept.endsStale ? 1 : 0)
        bytes.append(zigzag: kept.lastDelta)
        bytes.append(fixed64: kept.lastBits)
        bytes.append(contentsOf: chunk.encoded)
    }

    private static func append(_ references: UnsafeMutableBufferPointer<ChunkReference>, to bytes: inout [UInt8]) {
        bytes.append(varint: UInt64(references.count))
        for reference in references {
            bytes.append(zigzag: reference.minimumTime)
            bytes.append(varint: UInt64(bitPattern: reference.maximumTime &- reference.minimumTime))
            bytes.append(varint: UInt64(reference.file))
            bytes.append(varint: UInt64(reference.offset))
            bytes.append(varint: UInt64(reference.length))
            bytes.append(varint: UInt64(reference.count))
            bytes.append(reference.kind.rawValue | (reference.isLate ? 0x80 : 0))
        }
    }

    private static func append(_ late: LateSamples, to bytes: inout [UInt8]) {
        bytes.append(varint: UInt64(late.times.count))
        for index in late.times.indices {
            bytes.append(zigzag: late.times[index])
            bytes.append(fixed64: late.values[index].bitPattern)
            bytes.append(zigzag: late.starts[index])
            guard let histogram = late.histograms[late.times[index]] else {
                bytes.append(varint: 0)
                continue
            }
            var chunk = HistogramChunk()
            chunk.append(time: late.times[index], histogram, start: late.starts[index])
            bytes.append(varint: UInt64(chunk.bytes.count))
            bytes.append(contentsOf: chunk.bytes)
        }
    }
}

/// A file that is written piece by piece, with a checksum of everything at its end.
struct CheckpointFile {
    /// What is not written yet.
    var bytes: [UInt8] = []
    private let file: File
    private var sum: UInt32 = 0

    init(_ path: String) throws(StoreError) { file = try File(path, O_CREAT | O_TRUNC) }

    /// Writes what there is, once it is worth it.
    mutating func writeSome(atLeast length: Int = 1 << 20) throws(StoreError) {
        guard bytes.count >= length else { return }
        sum = bytes.withUnsafeBytes { CRC32C.checksum($0, after: sum) }
        try write()
    }

    private mutating func write() throws(StoreError) {
        var problem: StoreError?
        bytes.withUnsafeBytes { raw in
            do throws(StoreError) { try file.write(raw) } catch { problem = error }
        }
        if let problem { throw problem }
        bytes.removeAll(keepingCapacity: true)
    }

    mutating func finish() throws(StoreError) {
        try writeSome(atLeast: 0)
        bytes.append(fixed32: sum)
        try write()
        try file.sync()
    }
}

extension MetricMetadata {
    /// Four texts with their lengths.
    func append(to bytes: inout [UInt8]) {
        for text in [metric, type, help, unit] {
            bytes.append(varint: UInt64(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }
    }

    init(_ reader: inout ByteReader) {
        let texts = (0..<4).map { _ in String(decoding: reader.sizedPiece(), as: UTF8.self) }
        self.init(metric: texts[0], type: texts[1], help: texts[2], unit: texts[3])
    }
}
