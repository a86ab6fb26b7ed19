import Glibc
import Synchronization

/// What the maintenance remembers from one pass to the next.
struct MaintenanceState {
    /// Files of the chunk area that nothing refers to; removed after the next checkpoint.
    var unusedFiles: [UInt32] = []
    /// Blocks that were read as a whole once.
    var verified: Set<Int> = []
    /// Milliseconds of the monotonic clock.
    var lastCheckpoint: Int64 = 0
    var lastSweep: Int64 = 0
    /// The oldest sample of the head, found by the last sweep.
    var oldestTime: Int64 = .max
    var nextBlock = 1
}

extension MetricsStore {
    /// The thread's work: a pass every second, and when it is woken.
    static func maintain(_ store: () -> MetricsStore?) {
        while true {
            guard let store = store() else { return }
            let isEnding = store.monitor.withLock {
                if !store.isEnding { store.monitor.wait(milliseconds: 1000) }
                return store.isEnding
            }
            if isEnding { return }
            store.tidy()
        }
    }

    static var clock: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// One pass: what is due is done.
    func tidy() {
        let now = MetricsStore.clock
        let state = maintenance.withLock { $0 }
        do throws(StoreError) {
            let grown = log.bytesSinceRotation
            let isDue = grown > 0 && now - state.lastCheckpoint >= options.checkpointInterval
            if log.problem != nil || grown >= options.checkpointBytes || isDue {
                maintenance.withLock { $0.lastCheckpoint = now }
                try passages.withLock { _ in Result { () throws(StoreError) in try checkpoint() } }.get()
            }
            if now - state.lastSweep >= 15_000 { try tidyNow() }
        } catch {
            note("\(error)")
        }
    }

    /// Everything at once, be it due by the clock or not: seals idle series, writes blocks, compacts, removes.
    public func tidyNow() throws(StoreError) {
        try passages.withLock { _ in
            Result { () throws(StoreError) in
                maintenance.withLock { $0.lastSweep = MetricsStore.clock }
                sweep()
                if try flushDue() { try checkpoint() }
                try compact()
                retain()
                verifyOne()
            }
        }.get()
    }

    /// Checks one block that was not read as a whole yet.
    private func verifyOne() {
        let verified = maintenance.withLock { $0.verified }
        guard let block = blocks.withLock({ $0.first { !verified.contains($0.number) } }) else { return }
        do throws(StoreError) { try block.verify() } catch { setAside(block) }
        maintenance.withLock { _ = $0.verified.insert(block.number) }
    }

    /// Removes blocks that are too old, and the oldest when there are too many bytes.
    private func retain() {
        let newest = head.newestTime.load(ordering: .relaxed)
        let removed = blocks.withLock { blocks in
            var removed: [Block] = []
            if options.retentionAge > 0 {
                removed = blocks.filter { $0.footer.maximumTime < newest &- options.retentionAge }
            }
            var left = blocks.filter { block in !removed.contains { $0.number == block.number } }
                .sorted { $0.footer.maximumTime < $1.footer.maximumTime }
            var bytes = left.reduce(0) { $0 + Int64($1.length) }
            while options.retentionBytes > 0, bytes > options.retentionBytes, !left.isEmpty {
                bytes -= Int64(left[0].length)
                removed.append(left.removeFirst())
            }
            blocks = left
            return removed
        }
        for block in removed { Folder.remove(block.path) }
    }

    /// Takes the number of a new block.
    func nextBlockNumber() -> Int {
        let taken = blocks.withLock { $0.map(\.number).max() ?? 0 }
        return maintenance.withLock { state in
            let number = max(state.nextBlock, taken + 1)
            state.nextBlock = number + 1
            return number
        }
    }
}
