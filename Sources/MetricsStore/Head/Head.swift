import Chunks
import Series
import Synchronization

/// The newest samples of all series, in memory.
///
/// One writer at a time (the store's ingest lock); readers take what they need under the lock of each slab, and never wait for
/// the writer longer than it needs for a row of neighbours.
///
/// Unchecked: `index`, `slabs` and `area` guard themselves, the rest is the writer's own.
final class Head: @unchecked Sendable {
    let slabs = SlabList()
    let index = Mutex<HeadIndex>(HeadIndex())
    let area: ChunkArea
    let options: StoreOptions
    /// Every record up to this one was applied as a whole.
    let appliedThrough = Atomic<UInt64>(0)
    /// Of the newest sample of all; `Int64.min` before the first.
    let newestTime = Atomic<Int64>(.min)
    /// Samples that were refused because somebody had too many series, by whom.
    let refusals = Mutex<[String: Int]>([:])

    // The writer's own.
    private var slabOf: [Slab?] = []
    var rawKeys = RawKeyTable()
    var bySeries = HashTable()
    var nextSlot: UInt32 = 0
    var seriesCount = 0
    /// Samples up to here are late, for they are in blocks already or will be.
    var flushLimit: Int64 = .min
    var bytes: [UInt8] = []
    /// What the log said about metrics, when it was read again.
    var replayedMetadata: [MetricMetadata] = []

    init(area: ChunkArea, options: StoreOptions) {
        self.area = area
        self.options = options
    }

    /// Chunks are sealed when they have so many samples.
    static let chunkLength: UInt32 = 120

    @inline(__always)
    func slab(_ slot: UInt32) -> Slab {
        let place = Int(slot >> Slab.bits)
        if place < slabOf.count, let slab = slabOf[place] { return slab }
        return makeSlab(slot)
    }

    @inline(never)
    private func makeSlab(_ slot: UInt32) -> Slab {
        let place = Int(slot >> Slab.bits)
        while slabOf.count <= place { slabOf.append(nil) }
        let slab = slabs.made(for: slot)
        slabOf[place] = slab
        return slab
    }

    func dropSlab(_ place: Int) {
        slabOf[place] = nil
        slabs.drop(place)
    }

    @inline(__always)
    static func place(_ slot: UInt32) -> Int { Int(slot & UInt32(Slab.size - 1)) }

    func labels(_ slot: UInt32) -> Labels { slab(slot).labels[Head.place(slot)] }

    /// The slot of a series, if the head has it.
    func slot(of labels: Labels) -> UInt32? {
        bySeries.find(labels.hash64) { place in self.labels(UInt32(place)) == labels }.map { UInt32($0) }
    }

    /// Takes a series in that is not there yet.
    func insert(_ labels: Labels, slot: UInt32) {
        let slab = slab(slot)
        slab.withLock {
            slab.labels[Head.place(slot)] = labels
            slab.states[Head.place(slot)].isUsed = true
            slab.used += 1
        }
        bySeries.insert(labels.hash64, Int(slot)) { self.labels(UInt32($0)).hash64 }
        index.withLock { $0.insert(labels, slot) }
        nextSlot = max(nextSlot, slot + 1)
        seriesCount += 1
    }
}

/// What became of a sample.
enum Admission {
    case accepted
    /// Accepted behind later samples.
    case late
    /// The same sample is there already.
    case duplicate
    /// Another value is there already, which stays.
    case conflict
    case tooOld
    /// The disk is full, and the series' chunk can take no more.
    case noRoom
}

extension Head {
    /// The files of the area, the newest, and how much of it is used. Only within the ingest lock, or when there is no writer.
    func areaState() -> (files: [UInt32], last: UInt32, used: Int) { (area.numbers, area.number, area.used) }
}
