import Chunks
import Series
import Synchronization

extension MetricsStore {
    /// Looks at every series: seals those that ended or are idle, forgets those whose samples are all in blocks, finds the oldest
    /// sample and the files that nothing refers to.
    func sweep() {
        let newest = head.newestTime.load(ordering: .relaxed)
        guard newest != .min else { return }
        var oldest = Int64.max
        var files: Set<UInt32> = []
        var gone: [UInt32] = []
        for (number, slab) in head.slabs.all.enumerated() {
            guard let slab else { continue }
            ingestLock.withLock { _ in
                slab.withLock {
                    for place in 0..<Slab.size where slab.states[place].isUsed {
                        let state = slab.states + place
                        let idle = newest &- state.pointee.lastTime
                        if idle > options.idleAfter || state.pointee.endsStale && idle > 300_000 {
                            // A full disk: the chunk stays open.
                            try? head.seal(slab, place)
                            if state.pointee.open.count == 0 { state.pointee.open.release() }
                        }
                        oldest = min(oldest, Head.oldest(slab, place))
                        for reference in state.pointee.sealed { files.insert(reference.file) }
                        if idle > options.idleAfter, state.pointee.isEmpty {
                            gone.append(UInt32(number) << Slab.bits + UInt32(place))
                        }
                    }
                }
            }
        }
        let area = ingestLock.withLock { _ in head.areaState() }
        maintenance.withLock { state in
            state.oldestTime = oldest
            state.unusedFiles = area.files.filter { $0 < area.last && !files.contains($0) }
        }
        if !gone.isEmpty { forget(gone) }
    }

    /// Takes series out of the head, in one go; a series that got a sample meanwhile stays.
    private func forget(_ slots: [UInt32]) {
        ingestLock.withLock { _ in
            var labels: [Labels] = []
            var gone: Set<UInt32> = []
            for slot in slots {
                let slab = head.slab(slot)
                let place = Head.place(slot)
                let isEmpty = slab.withLock { slab.states[place].isEmpty }
                guard isEmpty else { continue }
                gone.insert(slot)
                labels.append(slab.labels[place])
            }
            head.forget(gone, labels)
        }
    }
}

extension SeriesState {
    var isEmpty: Bool { open.count == 0 && referenceCount == 0 && !hasLateSamples && !hasHistograms }
}

extension Head {
    /// The oldest sample of a series; `Int64.max` without one. Only within the lock of the slab.
    static func oldest(_ slab: Slab, _ place: Int) -> Int64 {
        let state = slab.states + place
        var oldest = state.pointee.sealed.reduce(Int64.max) { min($0, $1.minimumTime) }
        if state.pointee.open.count > 0 { oldest = min(oldest, state.pointee.open.firstTime) }
        if state.pointee.hasLateSamples { oldest = min(oldest, slab.late[place]?.times.first ?? .max) }
        if state.pointee.hasHistograms { oldest = min(oldest, slab.histograms[place]?.firstTime ?? .max) }
        return oldest
    }

    /// Forgets series. Only within the ingest lock.
    func forget(_ slots: Set<UInt32>, _ labels: [Labels]) {
        index.withLock { $0.remove(slots, labels: labels) }
        rawKeys.filter { !slots.contains($0) }
        bySeries.filter(hashAt: { self.labels(UInt32($0)).hash64 }, { !slots.contains(UInt32($0)) })
        for slot in slots {
            let slab = slab(slot)
            let isLast = slab.withLock {
                slab.states[Head.place(slot)].release()
                slab.labels[Head.place(slot)] = .empty
                slab.used -= 1
                return slab.used == 0
            }
            // The slab of the next slot stays.
            if isLast, slot >> Slab.bits != nextSlot >> Slab.bits { dropSlab(Int(slot >> Slab.bits)) }
        }
        seriesCount -= slots.count
    }
}
