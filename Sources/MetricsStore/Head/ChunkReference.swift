/// Where the samples of a sealed chunk of the head lie in a `ChunkArea`.
struct ChunkReference {
    enum Kind: UInt8 {
        case floats
        case histograms
    }

    var minimumTime: Int64
    var maximumTime: Int64
    var file: UInt32
    var offset: UInt32
    /// In bytes.
    var length: UInt32
    /// Of samples.
    var count: UInt16
    var kind: Kind
    /// The samples came late: they may lie before the time that is in blocks already.
    var isLate: Bool
}
