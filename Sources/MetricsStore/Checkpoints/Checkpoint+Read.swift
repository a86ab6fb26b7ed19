import Chunks
import Series
import Synchronization

extension Checkpoint {
    /// What a checkpoint says beside the head itself.
    struct Contents {
        var metadata: [MetricMetadata] = []
        /// The record up to which each slab is complete.
        var floors: [UInt64] = []
    }

    /// Fills an empty head.
    /// - Throws: `StoreError.damaged` when the file is not what was written.
    static func read(_ path: String, into head: Head) throws(StoreError) -> Contents {
        let file = try File(path)
        let mapping = try Mapping(file, length: file.length)
        let raw = mapping.bytes
        guard raw.count > header.count + 4, raw.prefix(header.count).elementsEqual(header) else {
            throw .damaged(path: path, reason: "it is no checkpoint")
        }
        let body = UnsafeRawBufferPointer(rebasing: raw[..<(raw.count - 4)])
        let sum = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: raw.count - 4, as: UInt32.self))
        guard CRC32C.checksum(body) == sum else { throw .damaged(path: path, reason: "its checksum is wrong") }
        var reader = ByteReader(body, at: header.count)
        var contents = Contents()
        readSlabs(&reader, into: head, &contents)
        for _ in 0..<reader.count(ofAtLeast: 2) {
            let (number, used) = (UInt32(truncatingIfNeeded: reader.varint()), Int(reader.varint()))
            try head.area.open(number, used: used == Int(UInt32.max) ? 0 : used, isLast: used != Int(UInt32.max))
        }
        head.nextSlot = UInt32(truncatingIfNeeded: reader.varint())
        head.newestTime.store(reader.zigzag(), ordering: .relaxed)
        head.flushLimit = reader.zigzag()
        for _ in 0..<reader.count(ofAtLeast: 4) { contents.metadata.append(MetricMetadata(&reader)) }
        guard !reader.isBroken else { throw .damaged(path: path, reason: "it ends too early") }
        return contents
    }

    private static func readSlabs(_ reader: inout ByteReader, into head: Head, _ contents: inout Contents) {
        while true {
            let number = reader.varint()
            guard number > 0, !reader.isBroken, number < 1 << 24 else { return }
            let floor = reader.varint()
            while contents.floors.count < Int(number) { contents.floors.append(0) }
            contents.floors[Int(number) - 1] = floor
            head.appliedThrough.store(
                max(floor, head.appliedThrough.load(ordering: .relaxed)), ordering: .relaxed)
            let first = UInt32(number - 1) << Slab.bits
            while true {
                let place = reader.varint()
                guard place > 0, place <= UInt64(Slab.size), !reader.isBroken else { break }
                readSeries(&reader, into: head, slot: first + UInt32(place - 1))
            }
        }
    }

    private static func readSeries(_ reader: inout ByteReader, into head: Head, slot: UInt32) {
        head.insert(Labels(unchecked: Array(reader.sizedPiece())), slot: slot)
        let slab = head.slab(slot)
        let place = Head.place(slot)
        let state = slab.states + place
        state.pointee.lastTime = reader.zigzag()
        state.pointee.lastBits = reader.fixed64()
        let flags = reader.byte()
        state.pointee.endsInHistogram = flags & 1 != 0
        state.pointee.hasHistograms = flags & 2 != 0
        state.pointee.hasLateSamples = flags & 4 != 0
        let count = UInt32(truncatingIfNeeded: reader.varint())
        if count > 0 {
            let kept = resumption(&reader, count)
            if let open = OpenChunk(reader.piece(Int((UInt64(kept.bits) + 7) / 8)), kept) { state.pointee.open = open }
        }
        for _ in 0..<reader.count(ofAtLeast: 7) { state.pointee.append(reference(&reader)) }
        if flags & 2 != 0 {
            let (count, start) = (Int(truncatingIfNeeded: reader.varint()), reader.zigzag())
            slab.histograms[place] = HistogramChunk(reader.sizedPiece(), count: count, start: start)
        }
        if flags & 4 != 0 { slab.late[place] = late(&reader) }
    }

    private static func resumption(_ reader: inout ByteReader, _ count: UInt32) -> OpenChunk.Resumption {
        let bits = UInt32(truncatingIfNeeded: reader.varint())
        let (start, first) = (reader.zigzag(), reader.zigzag())
        let last = first &+ Int64(bitPattern: reader.varint())
        return OpenChunk.Resumption(
            bits: bits, count: count, leading: reader.byte(), trailing: reader.byte(), endsStale: reader.byte() != 0,
            firstTime: first, lastTime: last, lastDelta: reader.zigzag(), lastBits: reader.fixed64(), start: start)
    }

    private static func reference(_ reader: inout ByteReader) -> ChunkReference {
        let minimum = reader.zigzag()
        let maximum = minimum &+ Int64(bitPattern: reader.varint())
        let file = UInt32(truncatingIfNeeded: reader.varint())
        let offset = UInt32(truncatingIfNeeded: reader.varint())
        let length = UInt32(truncatingIfNeeded: reader.varint())
        let count = UInt16(truncatingIfNeeded: reader.varint())
        let flags = reader.byte()
        return ChunkReference(
            minimumTime: minimum, maximumTime: maximum, file: file, offset: offset, length: length, count: count,
            kind: .init(rawValue: flags & 0x7f) ?? .floats, isLate: flags & 0x80 != 0)
    }

    private static func late(_ reader: inout ByteReader) -> LateSamples {
        var late = LateSamples()
        for _ in 0..<reader.count(ofAtLeast: 11) {
            let time = reader.zigzag()
            let value = Double(bitPattern: reader.fixed64())
            let start = reader.zigzag()
            let chunk = reader.sizedPiece()
            var buffer = SampleBuffer()
            if !chunk.isEmpty {
                _ = HistogramChunk.decode(
                    chunk, count: 1, start: start, after: .min, through: .max, into: &buffer)
            }
            late.insert(time: time, value: value, start: start, histogram: buffer.histograms.first?.value)
        }
        return late
    }
}
