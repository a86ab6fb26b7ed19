import Glibc

/// Appends records to the write-ahead log and tells when they are on the disk.
///
/// One thread writes and syncs for all: what comes while it waits for the disk goes out together with the next sync. After an
/// error nothing is accepted until `restart`; what was not acknowledged by then never will be.
///
/// Unchecked: everything that changes is touched within `monitor` only, but `file`, which is the thread's own.
final class LogWriter: @unchecked Sendable {
    typealias Waiter = @Sendable (StoreError?) -> Void

    private struct Portion {
        var segment: Int
        var bytes: [UInt8]
    }

    private let folder: String
    /// No more than this waits to be written, in bytes.
    private let limit: Int
    private let monitor = Monitor()
    private var portions: [Portion] = []
    private var spare: [UInt8] = []
    private var waitingBytes = 0
    private var segment: Int
    private var appended: UInt64
    private var durable: UInt64
    private var waiters: [(sequence: UInt64, call: Waiter)] = []
    private var failure: StoreError?
    private var isClosed = false
    private var isBusy = false
    private var segmentBytes = 0
    private var file: (number: Int, file: File, length: Int)?
    private var thread: DiskThread?

    /// - Parameter segment: the number of the first segment to write; it must be new.
    init(folder: String, segment: Int, sequence: UInt64, limit: Int = 64 << 20) {
        self.folder = folder
        self.segment = segment
        self.appended = sequence
        self.durable = sequence
        self.limit = limit
        thread = DiskThread { [unowned self] in run() }
    }

    deinit { close() }

    /// The number of the last record that was appended.
    var sequence: UInt64 { monitor.withLock { appended } }

    /// The number of the last record that is on the disk.
    var durableSequence: UInt64 { monitor.withLock { durable } }

    /// How many bytes were appended since the last `rotate`.
    var bytesSinceRotation: Int { monitor.withLock { segmentBytes } }

    /// Why nothing can be appended now.
    var problem: StoreError? { monitor.withLock { isClosed ? .closed : failure } }

    /// Appends records that were framed already. Callers take turns: the order of the records is theirs. Answers how many bytes were
    /// appended since the last `rotate`.
    func append(_ records: [UInt8], through sequence: UInt64) -> Int {
        monitor.withLock {
            appended = sequence
            waitingBytes += records.count
            segmentBytes += records.count
            if let last = portions.indices.last, portions[last].segment == segment {
                portions[last].bytes.append(contentsOf: records)
            } else {
                var bytes: [UInt8] = []
                swap(&bytes, &spare)
                bytes.removeAll(keepingCapacity: true)
                bytes.append(contentsOf: records)
                portions.append(Portion(segment: segment, bytes: bytes))
            }
            return segmentBytes
        }
    }

    /// Whether there is room for more.
    func check() throws(StoreError) {
        let problem: StoreError? = monitor.withLock {
            isClosed ? .closed : failure ?? (waitingBytes > limit ? .overloaded : nil)
        }
        if let problem { throw problem }
    }

    /// Calls back when everything that was appended until now is on the disk, or could not be written; at once, if it is there.
    func whenDurable(_ call: @escaping Waiter) {
        let answer: (isKnown: Bool, error: StoreError?) = monitor.withLock {
            if durable >= appended { return (true, nil) }
            if let failure { return (true, failure) }
            if isClosed { return (true, .closed) }
            waiters.append((appended, call))
            monitor.wakeAll()
            return (false, nil)
        }
        if answer.isKnown { call(answer.error) }
    }

    /// Lets the records to come go to a new segment, and answers its number.
    func rotate() -> Int {
        monitor.withLock {
            segment += 1
            segmentBytes = 0
            return segment
        }
    }

    /// Accepts records again after an error, in a new segment; what was lost must have been made durable otherwise.
    func restart() {
        monitor.withLock {
            while isBusy { monitor.wait() }
            portions.removeAll()
            waitingBytes = 0
            durable = appended
            failure = nil
        }
    }

    /// Writes what waits, and ends.
    func close() {
        monitor.withLock {
            isClosed = true
            monitor.wakeAll()
        }
        thread?.join()
        thread = nil
    }
}

extension LogWriter {
    private func run() {
        while true {
            let work: (portions: [Portion], through: UInt64)? = monitor.withLock {
                while portions.isEmpty || failure != nil {
                    if isClosed { return nil }
                    monitor.wait(milliseconds: 1000)
                }
                isBusy = true
                defer { portions.removeAll(keepingCapacity: true) }
                return (portions, appended)
            }
            guard var work else { return }
            var problem: StoreError?
            do throws(StoreError) {
                for portion in work.portions { try write(portion) }
                try file?.file.sync()
            } catch {
                problem = error
                file = nil
            }
            finish(&work.portions, work.through, problem)
        }
    }

    private func finish(_ portions: inout [Portion], _ through: UInt64, _ problem: StoreError?) {
        let called = monitor.withLock {
            isBusy = false
            waitingBytes -= portions.reduce(0) { $0 + $1.bytes.count }
            if portions.count == 1, portions[0].bytes.capacity <= 4 << 20 { swap(&spare, &portions[0].bytes) }
            if problem == nil { durable = through } else { failure = problem }
            let ready = waiters.filter { $0.sequence <= through || problem != nil }
            waiters.removeAll { $0.sequence <= through || problem != nil }
            monitor.wakeAll()
            return ready
        }
        for waiter in called { waiter.call(problem) }
    }

    private func write(_ portion: Portion) throws(StoreError) {
        if file?.number != portion.segment {
            try file?.file.sync()
            let fresh = try File("\(folder)/\(LogSegment.name(portion.segment))", O_CREAT | O_TRUNC)
            file = (portion.segment, fresh, 0)
            try write(LogSegment.header)
            try Folder.sync(folder)
        }
        try write(portion.bytes)
    }

    /// A piece that could not be written as a whole is cut off again, so that the log ends with a good record.
    private func write(_ bytes: [UInt8]) throws(StoreError) {
        guard let (number, file, length) = file else { return }
        let result: Result<Void, StoreError> = bytes.withUnsafeBytes { raw in
            do throws(StoreError) {
                try file.write(raw)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        if case .failure(let error) = result {
            try? file.truncate(to: length)
            throw error
        }
        self.file = (number, file, length + bytes.count)
    }
}
