import Chunks
import Series
import Synchronization

/// 256 series of the head, with one lock: the writer holds it for as long as neighbours come in a row, a reader to copy one
/// stretch of bytes.
///
/// Unchecked: everything but the lock is touched only within it; `labels` of a slot is set before anybody knows the slot.
final class Slab: @unchecked Sendable {
    static let bits: UInt32 = 8
    static let size = 1 << Int(bits)

    private let lock = Mutex<Void>(())
    let states = UnsafeMutablePointer<SeriesState>.allocate(capacity: size)
    var labels = [Labels](repeating: .empty, count: size)
    var late: [Int: LateSamples] = [:]
    var histograms: [Int: HistogramChunk] = [:]
    /// How many slots are used.
    var used = 0

    init() { states.initialize(repeating: SeriesState(), count: Slab.size) }

    deinit {
        for index in 0..<Slab.size { states[index].release() }
        states.deallocate()
    }

    @inline(__always)
    func withLock<Result>(_ body: () -> Result) -> Result {
        lock.withLock { _ in body() }
    }
}

/// The slabs of a head; a series' slot is its place in them. Slots are given once and never again.
///
/// Unchecked: the list is behind the mutex.
final class SlabList: Sendable {
    private let slabs = Mutex<[Slab?]>([])

    subscript(slot: UInt32) -> Slab? {
        let index = Int(slot >> Slab.bits)
        return slabs.withLock { index < $0.count ? $0[index] : nil }
    }

    /// The slabs of now.
    var all: [Slab?] { slabs.withLock { $0 } }

    /// The slab of a slot, made if need be.
    func made(for slot: UInt32) -> Slab {
        let index = Int(slot >> Slab.bits)
        return slabs.withLock { slabs in
            while slabs.count <= index { slabs.append(nil) }
            if let slab = slabs[index] { return slab }
            let slab = Slab()
            slabs[index] = slab
            return slab
        }
    }

    /// Drops a slab whose series are all gone.
    func drop(_ index: Int) { slabs.withLock { $0[index] = nil } }
}
