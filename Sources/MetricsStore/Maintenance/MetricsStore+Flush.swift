import Chunks
import Series
import Synchronization

extension MetricsStore {
    /// Moves what is old enough from the head to blocks. True when something was moved.
    func flushDue() throws(StoreError) -> Bool {
        let newest = head.newestTime.load(ordering: .relaxed)
        let oldest = maintenance.withLock { $0.oldestTime }
        guard newest != .min, oldest != .max else { return false }
        let length = options.blockLength
        // The newest half block stays, for what comes a little late.
        let end = MetricsStore.floor(newest &- length / 2, length)
        guard oldest < end, end - 1 > head.flushLimit || oldest <= head.flushLimit - 2 * length else { return false }
        try flush(before: end)
        return true
    }

    static func floor(_ time: Int64, _ length: Int64) -> Int64 {
        let rest = time % length
        return time - (rest < 0 ? rest + length : rest)
    }

    /// Writes everything before a time into blocks, and takes it out of the head.
    func flush(before end: Int64) throws(StoreError) {
        ingestLock.withLock { _ in head.flushLimit = max(head.flushLimit, end - 1) }
        let order = seriesInOrder()
        var writers: [Int64: (writer: BlockWriter, number: Int)] = [:]
        var moved: [(slot: UInt32, count: Int)] = []
        var buffer = SampleBuffer()
        do throws(StoreError) {
            for (labels, slot) in order {
                buffer.removeAll()
                guard let count = try take(slot, before: end, into: &buffer), buffer.count > 0 else { continue }
                moved.append((slot, count))
                try add(labels, buffer, to: &writers)
            }
            var finished: [Block] = []
            for start in writers.keys.sorted() {
                guard let number = writers[start]?.number else { continue }
                try writers[start]?.writer.finish(flushedThrough: end - 1, sources: [])
                finished.append(try Block(path: blockPath(number), number: number))
            }
            try Folder.sync("\(path)/blocks")
            blocks.withLock { $0.append(contentsOf: finished) }
        } catch {
            for (writer, _) in writers.values { writer.cancel() }
            throw error
        }
        for (slot, count) in moved { drop(slot, count, before: end) }
    }

    func blockPath(_ number: Int) -> String { "\(path)/blocks/\(LogSegment.name(number)).block" }

    private func seriesInOrder() -> [(labels: Labels, slot: UInt32)] {
        var all: [(labels: Labels, slot: UInt32)] = []
        for (number, slab) in head.slabs.all.enumerated() {
            guard let slab else { continue }
            slab.withLock {
                for place in 0..<Slab.size where slab.states[place].isUsed {
                    all.append((slab.labels[place], UInt32(number) << Slab.bits + UInt32(place)))
                }
            }
        }
        return all.sorted { $0.labels < $1.labels }
    }

    /// Copies the samples of a series before a time; answers how many sealed chunks were looked at. Open chunks that end before
    /// it are sealed first, so that they can be dropped afterwards.
    private func take(_ slot: UInt32, before end: Int64, into buffer: inout SampleBuffer) throws(StoreError) -> Int? {
        guard let slab = head.slabs[slot] else { return nil }
        let place = Head.place(slot)
        let needsSealing = slab.withLock {
            let state = slab.states[place]
            return state.hasLateSamples || state.lastTime < end && (state.open.count > 0 || state.hasHistograms)
        }
        if needsSealing {
            try ingestLock.withLock { _ in
                slab.withLock {
                    Result { () throws(StoreError) in
                        if slab.states[place].lastTime < end { try head.seal(slab, place) }
                        if slab.states[place].hasLateSamples { try head.sealLate(slab, place) }
                    }
                }
            }.get()
        }
        var parts = SeriesSelection.Parts()
        // Counted before they are copied: what is sealed in between is written now, too, and dropped only the next time.
        let count = slab.withLock { Int(slab.states[place].referenceCount) }
        do throws(QueryError) {
            try head.collect([slot], SelectRequest(matchers: [], after: .min, through: end - 1), into: &parts)
            guard !parts.entries.isEmpty else { return nil }
            let selection = SeriesSelection(
                parts, after: .min, through: end - 1, limitSamples: 0, mappings: head.area.mappings, blocks: [],
                onDamage: { _ in })
            try selection.read(0, into: &buffer)
        } catch {
            note("\(error)")
            return nil
        }
        return count
    }

    /// Divides samples among the blocks of their times.
    private func add(
        _ labels: Labels, _ buffer: SampleBuffer, to writers: inout [Int64: (writer: BlockWriter, number: Int)]
    ) throws(StoreError) {
        var first = 0
        while first < buffer.count {
            let start = MetricsStore.floor(buffer.times[first], options.blockLength)
            let next = start + options.blockLength
            let end = buffer.times[first...].firstIndex { $0 >= next } ?? buffer.count
            if writers[start] == nil {
                let number = nextBlockNumber()
                writers[start] = (try BlockWriter(path: blockPath(number)), number)
            }
            try writers[start]?.writer.add(labels, buffer.part(first..<end))
            first = end
        }
    }

    /// Lets go of the first chunks of a series that end before a time: they are in blocks now.
    private func drop(_ slot: UInt32, _ count: Int, before end: Int64) {
        guard let slab = head.slabs[slot] else { return }
        slab.withLock {
            var index = 0
            slab.states[Head.place(slot)].keep { reference in
                defer { index += 1 }
                return index >= count || reference.maximumTime >= end
            }
        }
    }
}

extension SampleBuffer {
    /// Some of the samples.
    func part(_ range: Range<Int>) -> SampleBuffer {
        if range == 0..<count { return self }
        var part = SampleBuffer()
        part.times = Array(times[range])
        part.values = Array(values[range])
        if !starts.isEmpty { part.starts = Array(starts[range]) }
        for (index, histogram) in histograms where range.contains(index) {
            part.histograms.append((index - range.lowerBound, histogram))
        }
        return part
    }
}
