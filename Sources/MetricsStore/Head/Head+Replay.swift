import Chunks
import Series
import Synchronization

extension Head {
    /// Applies a record of the log again.
    /// - Parameter floor: records up to this number are in what the checkpoint has of a slab already.
    /// - Returns: how many samples belong to series that are not known (their record was lost).
    func replay(
        _ kind: LogRecord.Kind, _ sequence: UInt64, _ reader: ByteReader, floor: (UInt32) -> UInt64
    ) -> Int {
        var reader = reader
        var orphans = 0
        switch kind {
        case .series:
            while !reader.isAtEnd {
                let slot = UInt32(truncatingIfNeeded: reader.varint())
                let bytes = Array(reader.sizedPiece())
                // Slots are given one after the other: one that is far beyond is none.
                guard !reader.isBroken, Labels.isValid(bytes), !isKnown(slot), slot < nextSlot &+ 1 << 22
                else { continue }
                insert(Labels(unchecked: bytes), slot: slot)
            }
        case .samples, .samplesWithStarts:
            orphans = replaySamples(sequence, &reader, hasStarts: kind == .samplesWithStarts, floor)
        case .histograms: orphans = replayHistograms(sequence, &reader, floor)
        case .metadata:
            while !reader.isAtEnd, !reader.isBroken {
                let entry = MetricMetadata(&reader)
                if !reader.isBroken { replayedMetadata.append(entry) }
            }
        case .outgoing: break
        }
        appliedThrough.store(sequence, ordering: .relaxed)
        return orphans
    }

    func isKnown(_ slot: UInt32) -> Bool {
        guard slot < nextSlot, let slab = slabs[slot] else { return false }
        return slab.states[Head.place(slot)].isUsed
    }

    private func replaySamples(
        _ sequence: UInt64, _ reader: inout ByteReader, hasStarts: Bool, _ floor: (UInt32) -> UInt64
    ) -> Int {
        let base = reader.zigzag()
        var last: Int64 = -1
        var orphans = 0
        var newest = newestTime.load(ordering: .relaxed)
        var (known, floorOfSlab): (UInt32, UInt64) = (.max, 0)
        while !reader.isAtEnd {
            last = last &+ 1 &+ reader.zigzag()
            let time = base &+ reader.zigzag()
            let age = hasStarts ? reader.zigzag() : 0
            let bits = reader.fixed64()
            guard !reader.isBroken, let slot = UInt32(exactly: last), slot < nextSlot else {
                orphans += 1
                continue
            }
            if slot >> Slab.bits != known { (known, floorOfSlab) = (slot >> Slab.bits, floor(slot)) }
            newest = max(newest, time)
            guard sequence > floorOfSlab else { continue }
            let slab = slab(slot)
            guard slab.states[Head.place(slot)].isUsed else {
                orphans += 1
                continue
            }
            _ = append(slab, Head.place(slot), time, bits, age == 0 ? 0 : time &+ 1 &- age)
        }
        newestTime.store(newest, ordering: .relaxed)
        return orphans
    }

    private func replayHistograms(_ sequence: UInt64, _ reader: inout ByteReader, _ floor: (UInt32) -> UInt64) -> Int {
        var orphans = 0
        while !reader.isAtEnd {
            let slot = UInt32(truncatingIfNeeded: reader.varint())
            let start = reader.zigzag()
            let chunk = reader.sizedPiece()
            var buffer = SampleBuffer()
            guard !reader.isBroken,
                HistogramChunk.decode(chunk, count: 1, start: start, after: .min, through: .max, into: &buffer),
                let histogram = buffer.histograms.first?.value, isKnown(slot)
            else {
                orphans += 1
                continue
            }
            guard sequence > floor(slot) else { continue }
            _ = append(slab(slot), Head.place(slot), buffer.times[0], histogram, start)
            newestTime.store(max(newestTime.load(ordering: .relaxed), buffer.times[0]), ordering: .relaxed)
        }
        return orphans
    }
}
