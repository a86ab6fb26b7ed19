import Chunks
import Glibc
public import MetricsFormats
public import Ports
import Synchronization

/// Samples that wait on the disk to be sent to others: segments of the same log that the store has, and for each receiver a file
/// that says how far it is.
///
/// The oldest segments are removed when every receiver is done with them, or when all take too much. A receiver that is new begins
/// with what is appended from then on.
public final class Outbox: OutgoingSamples {
    struct State: Sendable {
        var segments: [OutboxSegment] = []
        var readers: [OutboxReader] = []
        var sequence: UInt64 = 0
        var newestTime: Int64?
        /// The log was begun anew last, by the monotonic clock in milliseconds.
        var repairedAt: Int64 = .min
    }

    let path: String
    let limit: Int
    let log: LogWriter
    let state: Mutex<State>
    private let lock: File
    /// What was found damaged when it was opened.
    public let problems: [String]

    /// - Parameters:
    ///   - limit: of all segments, in bytes.
    ///   - receivers: a name for each that may be a file's; it stays the same from start to start.
    /// - Throws: `StoreError` when the folder cannot be used, or another process uses it.
    public init(path: String, limit: Int, receivers: [String]) throws(StoreError) {
        (self.path, self.limit) = (path, limit)
        try Folder.create(path)
        lock = try Folder.lock(path)
        var state = State()
        for name in try Folder.names(path) where name.hasPrefix(OutboxReader.prefix) {
            if !receivers.contains(String(name.dropFirst(OutboxReader.prefix.count))) {
                Folder.remove("\(path)/\(name)")
            }
        }
        for name in receivers { state.readers.append(try OutboxReader(folder: path, name: name)) }
        problems = try state.scan(path, isOpening: true)
        let segment = (try LogSegment.numbers(path).last ?? 0) + 1
        log = LogWriter(folder: path, segment: segment, sequence: state.sequence)
        state.segments.append(OutboxSegment(number: segment, last: state.sequence))
        state.settle()
        self.state = Mutex(state)
    }

    /// So many bytes a segment: what is dropped at once when the queue is full.
    private var segmentBytes: Int { min(max(limit / 16, 64 << 10), 16 << 20) }

    public func check() throws(MetricsRefusal) {
        if log.problem != nil { repair() }
        do throws(StoreError) { try log.check() } catch { throw error.refusal }
    }

    /// After an error nothing is appended until the log begins anew. What was lost by it was never acknowledged.
    private func repair() {
        state.withLock { state in
            let now = MetricsStore.clock
            guard let problem = log.problem, problem != .closed, now - max(state.repairedAt, 0) >= 5000 else { return }
            state.repairedAt = now
            var found = state
            // What cannot be read now may be readable in a while: nothing is given up for it.
            guard (try? found.scan(path, isOpening: false)) != nil else { return }
            let number = log.rotate()
            log.restart()
            state = found
            state.segments.append(OutboxSegment(number: number, last: state.sequence))
            state.settle()
        }
    }

    public func append(_ bodies: [RemoteWriteEncoder.Body]) {
        let packed = bodies.map { ($0, Snappy.encode($0.bytes)) }
        state.withLock { state in
            for (body, bytes) in packed {
                state.sequence += 1
                var record: [UInt8] = []
                let start = LogRecord.begin(.outgoing, sequence: state.sequence, in: &record)
                record.append(varint: UInt64(body.samples))
                record.append(zigzag: body.newestTime)
                record.append(contentsOf: bytes)
                LogRecord.finish(start, in: &record)
                state.note(samples: body.samples, bytes: record.count, newestTime: body.newestTime)
                if log.append(record, through: state.sequence) >= segmentBytes {
                    state.segments.append(OutboxSegment(number: log.rotate(), last: state.sequence))
                }
            }
            state.makeRoom(limit, path)
        }
    }

    public func whenKept(_ call: @escaping @Sendable (MetricsRefusal?) -> Void) {
        log.whenDurable { call($0?.refusal) }
    }

    public func advance(_ receiver: Int, past batch: OutgoingBatch) {
        state.withLock { state in
            state.advance(receiver, past: batch)
            state.removeDelivered(path)
        }
    }

    public func condition(_ receiver: Int) -> OutgoingCondition {
        state.withLock { state in
            var condition = OutgoingCondition()
            condition.pending = state.readers[receiver].pending
            condition.dropped = state.readers[receiver].dropped
            condition.newestTime = state.newestTime
            return condition
        }
    }

    /// Writes everything down and ends. Nothing else may be called afterwards.
    public func close() {
        log.close()
        flock(lock.descriptor, LOCK_UN)
    }
}
