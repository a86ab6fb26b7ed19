import Chunks
import Series

extension Head {
    /// Appends a float sample. Only within the lock of the slab.
    @inline(__always)
    func append(_ slab: Slab, _ place: Int, _ time: Int64, _ bits: UInt64, _ start: Int64) -> Admission {
        let state = slab.states + place
        guard time > state.pointee.lastTime, time > flushLimit else {
            return appendLate(slab, place, time, bits, start, nil)
        }
        if state.pointee.endsInHistogram || state.pointee.open.count >= Head.chunkLength
            || !state.pointee.open.takes(start: start)
        {
            guard makeRoom(slab, place, start) else { return .noRoom }
        }
        state.pointee.open.append(time: time, valueBits: bits, start: start)
        state.pointee.lastTime = time
        state.pointee.lastBits = bits
        return .accepted
    }

    /// Seals what is open, so that a float chunk can begin. A full disk stops that: the open chunk then grows on, for a while.
    @inline(never)
    private func makeRoom(_ slab: Slab, _ place: Int, _ start: Int64) -> Bool {
        let state = slab.states + place
        do throws(StoreError) {
            try seal(slab, place)
            return true
        } catch {
            return !state.pointee.endsInHistogram && state.pointee.open.takes(start: start)
                && state.pointee.open.count < 4 * Head.chunkLength
        }
    }

    /// Appends a histogram sample. Only within the lock of the slab.
    func append(
        _ slab: Slab, _ place: Int, _ time: Int64, _ histogram: FloatHistogram, _ start: Int64
    ) -> Admission {
        let state = slab.states + place
        let bits = (histogram.isStaleMarker ? Sample.staleMarker : .nan).bitPattern
        guard time > state.pointee.lastTime, time > flushLimit else {
            return appendLate(slab, place, time, bits, start, histogram)
        }
        if !state.pointee.endsInHistogram
            || slab.histograms[place].map({ $0.count >= 60 || !$0.takes(start: start) }) ?? false
        {
            do throws(StoreError) { try seal(slab, place) } catch { return .noRoom }
        }
        slab.histograms[place, default: HistogramChunk()].append(time: time, histogram, start: start)
        state.pointee.hasHistograms = true
        state.pointee.endsInHistogram = true
        state.pointee.lastTime = time
        state.pointee.lastBits = bits
        return .accepted
    }

    /// Moves the open chunks of a series to the area. Only within the lock of the slab.
    func seal(_ slab: Slab, _ place: Int) throws(StoreError) {
        let state = slab.states + place
        let open = state.pointee.open
        if open.count > 0 {
            let reference = try store(
                open.encoded, .floats, count: Int(open.count), open.firstTime...open.lastTime, open.start)
            state.pointee.append(reference)
            state.pointee.open.clear()
        }
        if state.pointee.hasHistograms, let chunk = slab.histograms[place] {
            var chunk = chunk
            let reference = try store(&chunk, isLate: false)
            state.pointee.append(reference)
            slab.histograms[place] = nil
            state.pointee.hasHistograms = false
        }
        state.pointee.endsInHistogram = false
    }

    /// Appends a chunk to the area: its checksum, its start time, its bytes.
    func store(
        _ raw: UnsafeRawBufferPointer, _ kind: ChunkReference.Kind, count: Int, _ times: ClosedRange<Int64>,
        _ start: Int64, isLate: Bool = false
    ) throws(StoreError) -> ChunkReference {
        var head: [UInt8] = []
        head.append(zigzag: start)
        let sum = head.withUnsafeBytes { CRC32C.checksum(raw, after: CRC32C.checksum($0)) }
        var framed: [UInt8] = []
        framed.append(fixed32: sum)
        framed.append(contentsOf: head)
        let (file, offset) = try area.append(framed, raw)
        return ChunkReference(
            minimumTime: times.lowerBound, maximumTime: times.upperBound, file: file, offset: offset,
            length: UInt32(framed.count + raw.count), count: UInt16(clamping: count), kind: kind, isLate: isLate)
    }
}
