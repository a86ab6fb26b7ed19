public import MetricsFormats

/// Samples that wait to be sent to others: a durable queue that several receivers read, each at its own pace. Safe from any thread.
///
/// A receiver is a place in the list by which the queue was opened.
public protocol OutgoingSamples: Sendable {
    /// - Throws: when nothing can be appended now.
    func check() throws(MetricsRefusal)

    /// Appends bodies for every receiver. They are safe when `whenKept`, asked for afterwards, has called back.
    func append(_ bodies: [RemoteWriteEncoder.Body])

    /// Calls back, once and from any thread, when everything that was appended until now is on the disk, or with what prevented it.
    func whenKept(_ call: @escaping @Sendable (MetricsRefusal?) -> Void)

    /// What a receiver is to be sent next, of at most so many samples unless one body alone has more; `nil` when nothing waits. It
    /// answers the same again until `advance`.
    ///
    /// - Throws: when the queue cannot be read.
    func next(_ receiver: Int, samples: Int) throws(MetricsRefusal) -> OutgoingBatch?

    /// A receiver is done with what `next` gave.
    func advance(_ receiver: Int, past batch: OutgoingBatch)

    func condition(_ receiver: Int) -> OutgoingCondition
}

/// In the place of a queue that could not be opened: nothing is taken in that could not be sent on.
public struct BrokenOutgoingSamples: OutgoingSamples {
    private let reason: String

    public init(reason: String) { self.reason = reason }

    public func check() throws(MetricsRefusal) { throw .unavailable(reason) }
    public func append(_ bodies: [RemoteWriteEncoder.Body]) {}
    public func whenKept(_ call: @escaping @Sendable (MetricsRefusal?) -> Void) { call(.unavailable(reason)) }
    public func next(_ receiver: Int, samples: Int) throws(MetricsRefusal) -> OutgoingBatch? { nil }
    public func advance(_ receiver: Int, past batch: OutgoingBatch) {}
    public func condition(_ receiver: Int) -> OutgoingCondition { OutgoingCondition() }
}

/// Bodies that are sent together.
public struct OutgoingBatch: Hashable, Sendable {
    public var body: RemoteWriteEncoder.Body
    /// Of the last of them, in the queue.
    public var sequence: UInt64
    /// Where the queue goes on behind it.
    public var segment: Int
    public var offset: Int

    public init(body: RemoteWriteEncoder.Body, sequence: UInt64, segment: Int, offset: Int) {
        (self.body, self.sequence, self.segment, self.offset) = (body, sequence, segment, offset)
    }
}

/// How a receiver's part of the queue is.
public struct OutgoingCondition: Hashable, Sendable {
    /// Samples that wait.
    public var pending = 0
    /// Samples that were given up because the queue was full, or a part of it was damaged.
    public var dropped = 0
    /// Of the newest sample that was appended, in milliseconds since the epoch; `nil` before the first.
    public var newestTime: Int64?

    public init() {}
}

/// How the delivery to one receiver of remote write goes.
public struct DeliveryCondition: Hashable, Sendable {
    /// Its address, without what may be secret.
    public var destination: String
    /// Samples that it took.
    public var delivered = 0
    /// Samples that it refused for good.
    public var refused = 0
    /// Attempts that failed and are repeated.
    public var retries = 0
    public var queue = OutgoingCondition()
    /// Of the newest sample that it took, in milliseconds since the epoch; `nil` before the first.
    public var newestTime: Int64?
    /// Why it does not go on now; `nil` when it does.
    public var problem: String?

    public init(destination: String) { self.destination = destination }

    /// How far the receiver is behind, in milliseconds of samples' times.
    public var lag: Int64 {
        guard queue.pending > 0, let newest = queue.newestTime else { return 0 }
        let (lag, isBeyond) = newest.subtractingReportingOverflow(newestTime ?? newest)
        return isBeyond ? .max : max(0, lag)
    }
}
