import Chunks
import Series
import Synchronization

extension Head {
    /// Takes a sample that is not later than all others of its series. Only within the lock of the slab.
    func appendLate(
        _ slab: Slab, _ place: Int, _ time: Int64, _ bits: UInt64, _ start: Int64, _ histogram: FloatHistogram?
    ) -> Admission {
        let state = slab.states + place
        if time == state.pointee.lastTime, histogram == nil, !state.pointee.endsInHistogram {
            return bits == state.pointee.lastBits ? .duplicate : .conflict
        }
        let newest = newestTime.load(ordering: .relaxed)
        let (oldest, isBeyond) = newest.subtractingReportingOverflow(options.lateWindow)
        guard isBeyond || time >= oldest else { return .tooOld }
        if let known = sample(slab, place, at: time) {
            if let histogram { return known.histogram == histogram ? .duplicate : .conflict }
            return known.histogram == nil && known.bits == bits ? .duplicate : .conflict
        }
        if state.pointee.hasLateSamples, (slab.late[place]?.count ?? 0) >= LateSamples.limit {
            do throws(StoreError) { try sealLate(slab, place) } catch { return .noRoom }
        }
        slab.late[place, default: LateSamples()].insert(
            time: time, value: Double(bitPattern: bits), start: start, histogram: histogram)
        state.pointee.hasLateSamples = true
        return .late
    }

    /// The sample of the head at a time, if there is one.
    private func sample(_ slab: Slab, _ place: Int, at time: Int64) -> (bits: UInt64, histogram: FloatHistogram?)? {
        var buffer = SampleBuffer()
        let state = slab.states + place
        for reference in state.pointee.sealed
        where reference.minimumTime <= time && time <= reference.maximumTime {
            _ = area.read(reference, after: time - 1, through: time, into: &buffer)
        }
        let open = state.pointee.open
        if open.count > 0, open.firstTime <= time, time <= open.lastTime {
            _ = ChunkDecoder.decode(
                open.encoded, count: Int(open.count), start: 0, after: time - 1, through: time, into: &buffer)
        }
        if state.pointee.hasHistograms, let chunk = slab.histograms[place] {
            _ = chunk.bytes.withUnsafeBytes {
                HistogramChunk.decode(
                    $0, count: chunk.count, start: 0, after: time - 1, through: time, into: &buffer)
            }
        }
        if state.pointee.hasLateSamples {
            slab.late[place]?.read(after: time - 1, through: time, into: &buffer)
        }
        guard let value = buffer.values.first else { return nil }
        return (value.bitPattern, buffer.histograms.first?.value)
    }

    /// Moves the late samples of a series to the area, as chunks of their own. Only within the lock of the slab.
    func sealLate(_ slab: Slab, _ place: Int) throws(StoreError) {
        guard let late = slab.late[place] else { return }
        var references: [ChunkReference] = []
        var floats = OpenChunk()
        defer { floats.release() }
        var histograms = HistogramChunk()
        for index in late.times.indices {
            let (time, start) = (late.times[index], late.starts[index])
            if let histogram = late.histograms[time] {
                if !histograms.takes(start: start) { try references.append(store(&histograms, isLate: true)) }
                histograms.append(time: time, histogram, start: start)
            } else {
                if !floats.takes(start: start) { try references.append(store(&floats)) }
                floats.append(time: time, valueBits: late.values[index].bitPattern, start: start)
            }
        }
        if floats.count > 0 { try references.append(store(&floats)) }
        if histograms.count > 0 { try references.append(store(&histograms, isLate: true)) }
        for reference in references { slab.states[place].append(reference) }
        slab.late[place] = nil
        slab.states[place].hasLateSamples = false
    }

    private func store(_ chunk: inout OpenChunk) throws(StoreError) -> ChunkReference {
        defer { chunk.clear() }
        return try store(
            chunk.encoded, .floats, count: Int(chunk.count), chunk.firstTime...chunk.lastTime, chunk.start, isLate: true
        )
    }

    func store(_ chunk: inout HistogramChunk, isLate: Bool) throws(StoreError) -> ChunkReference {
        let bytes = chunk.bytes
        let (count, times, start) = (chunk.count, chunk.firstTime...chunk.lastTime, chunk.start)
        chunk = HistogramChunk()
        var result: Result<ChunkReference, StoreError> = .failure(.closed)
        bytes.withUnsafeBytes { raw in
            do throws(StoreError) {
                result = .success(try store(raw, .histograms, count: count, times, start, isLate: isLate))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }
}
