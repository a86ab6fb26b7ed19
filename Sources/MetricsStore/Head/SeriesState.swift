import Chunks

/// What the head keeps of a series beside its labels: no objects, so that the writer counts no references.
struct SeriesState {
    /// The newest float samples.
    var open = OpenChunk()
    /// The sealed chunks, oldest first.
    private var references: UnsafeMutablePointer<ChunkReference>?
    private(set) var referenceCount: UInt32 = 0
    private var referenceCapacity: UInt32 = 0
    /// Of the newest sample in order; `Int64.min` before the first.
    var lastTime: Int64 = .min
    var lastBits: UInt64 = 0
    var isUsed = false
    /// The newest sample is a histogram.
    var endsInHistogram = false
    var hasLateSamples = false
    var hasHistograms = false

    var endsStale: Bool { lastBits == 0x7ff0_0000_0000_0002 }

    var sealed: UnsafeMutableBufferPointer<ChunkReference> {
        UnsafeMutableBufferPointer(start: references, count: Int(referenceCount))
    }

    mutating func append(_ reference: ChunkReference) {
        if referenceCount == referenceCapacity {
            let capacity = referenceCapacity == 0 ? 1 : referenceCapacity + max(2, referenceCapacity / 2)
            let fresh = UnsafeMutablePointer<ChunkReference>.allocate(capacity: Int(capacity))
            if let references {
                fresh.moveInitialize(from: references, count: Int(referenceCount))
                references.deallocate()
            }
            (references, referenceCapacity) = (fresh, capacity)
        }
        references?.advanced(by: Int(referenceCount)).initialize(to: reference)
        referenceCount += 1
    }

    /// Keeps only some of the sealed chunks.
    mutating func keep(_ isKept: (ChunkReference) -> Bool) {
        var kept: UInt32 = 0
        for reference in sealed where isKept(reference) {
            references?[Int(kept)] = reference
            kept += 1
        }
        referenceCount = kept
        if kept == 0 {
            references?.deallocate()
            (references, referenceCapacity) = (nil, 0)
        }
    }

    mutating func release() {
        open.release()
        references?.deallocate()
        self = SeriesState()
    }

    /// Makes the running total of what was added since the sample before; false when that sample is not before it, as deltas
    /// cannot be added up in another order.
    func addUp(_ time: Int64, _ bits: inout UInt64, _ start: inout Int64) -> Bool {
        guard time > lastTime else { return false }
        guard lastTime != .min, !endsStale, !endsInHistogram else { return true }
        bits = (Double(bitPattern: lastBits) + Double(bitPattern: bits)).bitPattern
        // The total began with the first of them.
        start = open.count > 0 ? open.start : 0
        return true
    }
}
