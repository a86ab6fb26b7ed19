import Chunks
import Ports
import Series
import Synchronization

extension Head {
    /// Copies what a query needs of the series in some slots; the lock of each slab is held only to copy.
    func collect(
        _ slots: [UInt32], _ request: SelectRequest, into parts: inout SeriesSelection.Parts
    ) throws(QueryError) {
        var index = 0
        var meter = MetricsMeter()
        let slabs = slabs.all
        parts.entries.reserveCapacity(
            request.enoughSeries > 0 ? min(slots.count, request.enoughSeries) : slots.count)
        try meter.note(held: parts.size)
        while index < slots.count {
            let number = Int(slots[index] >> Slab.bits)
            guard number < slabs.count, let slab = slabs[number] else {
                index += 1
                continue
            }
            slab.withLock {
                while index < slots.count, Int(slots[index] >> Slab.bits) == number {
                    if request.onlyLabels {
                        Head.collectLabels(
                            slab, Head.place(slots[index]), request.after, request.through, into: &parts)
                    } else {
                        Head.collect(slab, Head.place(slots[index]), request.after, request.through, into: &parts)
                    }
                    index += 1
                }
            }
            let count = parts.entries.count
            if request.limitSeries > 0, count > request.limitSeries {
                throw .tooManySeries(limit: request.limitSeries)
            }
            if request.enoughSeries > 0, count >= request.enoughSeries { return }
            try meter.note(held: parts.size)
        }
    }

    private static func collectLabels(
        _ slab: Slab, _ place: Int, _ after: Int64, _ through: Int64, into parts: inout SeriesSelection.Parts
    ) {
        let state = slab.states + place
        guard state.pointee.isUsed else { return }
        let open = state.pointee.open
        if open.count > 0 && open.lastTime > after && open.firstTime <= through || state.pointee.hasLateSamples
            || state.pointee.hasHistograms
            || state.pointee.sealed.contains(where: { $0.maximumTime > after && $0.minimumTime <= through })
        {
            parts.entries.append(SeriesSelection.Entry(labels: slab.labels[place]))
        }
    }

    private static func collect(
        _ slab: Slab, _ place: Int, _ after: Int64, _ through: Int64, into parts: inout SeriesSelection.Parts
    ) {
        let state = slab.states + place
        guard state.pointee.isUsed else { return }
        var entry = SeriesSelection.Entry(labels: slab.labels[place])
        let first = parts.references.count
        for reference in state.pointee.sealed where reference.maximumTime > after && reference.minimumTime <= through {
            parts.references.append(reference)
        }
        entry.references = first..<parts.references.count
        let open = state.pointee.open
        if open.count > 0, open.lastTime > after, open.firstTime <= through {
            let start = parts.bytes.count
            parts.bytes.append(contentsOf: open.encoded)
            entry.open = start..<parts.bytes.count
            (entry.openCount, entry.openStart) = (Int32(open.count), open.start)
        }
        if state.pointee.hasLateSamples || state.pointee.hasHistograms {
            entry.extra = Int32(parts.extras.count)
            parts.extras.append(
                SeriesSelection.Extra(late: slab.late[place], histograms: slab.histograms[place]))
        }
        if !entry.references.isEmpty || entry.openCount > 0 || entry.extra >= 0 { parts.entries.append(entry) }
    }
}
