import NIOCore

/// Frames that wait for a slow reader, the newest of each subject, in the order in which the subjects came.
struct HeldFrames {
    private var frames: [String: ByteBuffer] = [:]
    private var order: [String] = []
    /// How many of `order` are gone already.
    private var start = 0
    private(set) var bytes = 0

    var count: Int { frames.count }
    var isEmpty: Bool { frames.isEmpty }

    mutating func put(_ frame: ByteBuffer, of subject: String) {
        bytes += frame.readableBytes
        if let old = frames.updateValue(frame, forKey: subject) {
            bytes -= old.readableBytes
        } else {
            order.append(subject)
        }
    }

    mutating func takeFirst() -> ByteBuffer? {
        guard start < order.count, let frame = frames.removeValue(forKey: order[start]) else { return nil }
        start += 1
        bytes -= frame.readableBytes
        if frames.isEmpty { self = HeldFrames() }
        return frame
    }
}
