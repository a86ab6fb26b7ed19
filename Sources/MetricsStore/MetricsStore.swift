import Chunks
import Glibc
public import MetricsFormats
import Series
import Synchronization
public import Values

/// The embedded store of metrics: a head in memory with a write-ahead log, and immutable blocks on disk.
///
/// One thread at a time brings samples in (parsing and hashing go on beside it); queries copy what they need under short locks;
/// the log's thread writes for all, and a maintenance thread seals, flushes, compacts and removes.
///
/// Unchecked: everything that changes is behind a mutex, or within the head by its rules.
public final class MetricsStore: @unchecked Sendable {
    public let path: String
    public let options: StoreOptions
    let head: Head
    let log: LogWriter
    let keyMaker: RawKeyMaker
    private let lock: File

    /// What the one thread that brings samples in has.
    struct Writing {
        var sequence: UInt64
        var records: [UInt8] = []
    }
    let ingestLock: Mutex<Writing>
    let blocks: Mutex<[Block]>
    let metadata = Mutex<[String: MetricMetadata]>([:])
    let maintenance = Mutex<MaintenanceState>(MaintenanceState())
    /// One pass of maintenance, or one backup, at a time.
    let passages = Mutex<Void>(())
    /// The last 100 things that went wrong or were repaired, for people.
    let notices = Mutex<[String]>([])
    /// Exemplars that came in, and are not kept.
    let exemplars = Atomic(0)
    let monitor = Monitor()
    var thread: DiskThread?
    var isEnding = false

    /// What was found when the store was opened.
    public let recovery: RecoveryReport

    /// Opens a store, or makes one.
    /// - Throws: `StoreError` when the folder cannot be used, or another process uses it. Damage is repaired and reported.
    public init(path: String, options: StoreOptions = StoreOptions()) throws(StoreError) {
        self.path = path
        self.options = options
        for folder in ["wal", "head", "blocks", "damaged"] { try Folder.create("\(path)/\(folder)") }
        lock = try Folder.lock(path)
        var generator = SystemRandomNumberGenerator()
        keyMaker = RawKeyMaker(using: &generator)
        let recovered = try Recovery.run(path, options)
        (head, recovery) = (recovered.head, recovered.report)
        metadata.withLock { known in for entry in recovered.metadata { known[entry.metric] = entry } }
        blocks = Mutex(recovered.blocks)
        let sequence = head.appliedThrough.load(ordering: .relaxed)
        log = LogWriter(folder: "\(path)/wal", segment: recovered.nextSegment, sequence: sequence)
        ingestLock = Mutex(Writing(sequence: sequence))
        for problem in recovered.report.problems { note(problem) }
        maintenance.withLock { state in
            state.lastCheckpoint = MetricsStore.clock
            state.lastSweep = state.lastCheckpoint
        }
        thread = DiskThread { [weak self] in MetricsStore.maintain { self } }
    }

    func note(_ notice: String) {
        notices.withLock { notices in
            if notices.count >= 100 { notices.removeFirst() }
            notices.append(notice)
        }
    }

    /// Brings a batch in. It may be acknowledged when `whenDurable` has called back.
    ///
    /// - Parameter now: what the clock shows, to refuse samples of the future; `nil` takes them.
    /// - Throws: `StoreError.storageFull` and others when nothing can be taken in now.
    public func ingest(_ batch: IngestBatch, now: Timestamp? = nil) throws(StoreError) -> IngestReport {
        try log.check()
        let keys = batch.labelBytes.withUnsafeBytes { raw in
            batch.series.map { keyMaker.key(UnsafeRawBufferPointer(rebasing: raw[$0.labels])) }
        }
        let fresh = remember(batch.metadata)
        let latest = now.map { $0.milliseconds + options.aheadWindow } ?? .max
        let result: Result<(IngestReport, Bool), StoreError> = ingestLock.withLock { writing in
            // Within the lock: after an error nothing may reach the head behind the checkpoint that mends it.
            if let problem = log.problem { return .failure(problem) }
            var records: [UInt8] = []
            swap(&records, &writing.records)
            records.removeAll(keepingCapacity: true)
            var ingestion = Ingestion(
                head, batch, keys, latestTime: latest, sequence: writing.sequence, records: records)
            records = []
            ingestion.run()
            ingestion.log(fresh)
            if !ingestion.records.isEmpty {
                writing.sequence = ingestion.sequence
                let grown = log.append(ingestion.records, through: ingestion.sequence)
                // A checkpoint is due: at once, so that a restart has little to read.
                if grown >= options.checkpointBytes, grown - ingestion.records.count < options.checkpointBytes {
                    monitor.withLock { monitor.wakeAll() }
                }
            }
            head.appliedThrough.store(ingestion.sequence, ordering: .releasing)
            swap(&writing.records, &ingestion.records)
            return .success((ingestion.report, ingestion.isOutOfRoom))
        }
        let (report, isOutOfRoom) = try result.get()
        if batch.exemplars > 0 { exemplars.add(batch.exemplars, ordering: .relaxed) }
        if isOutOfRoom { throw .storageFull(path: "\(path)/head") }
        return report
    }

    /// Calls back when everything that `ingest` has taken in until now is on the disk, or with what prevented it: then the
    /// samples must be sent again.
    public func whenDurable(_ call: @escaping @Sendable (StoreError?) -> Void) { log.whenDurable(call) }

    /// Brings a batch in and returns when it is on the disk.
    public func write(_ batch: IngestBatch, now: Timestamp? = nil) async throws -> IngestReport {
        let report = try ingest(batch, now: now)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            whenDurable { problem in
                if let problem { continuation.resume(throwing: problem) } else { continuation.resume() }
            }
        }
        return report
    }

    /// At most 100,000 metrics are described, with so many bytes each; answers what was not known.
    private func remember(_ entries: [MetricMetadata]) -> [MetricMetadata] {
        guard !entries.isEmpty else { return [] }
        return metadata.withLock { known in
            var fresh: [MetricMetadata] = []
            for entry in entries where known[entry.metric] != nil || known.count < 100_000 {
                let entry = entry.shortened
                guard !entry.metric.isEmpty, known[entry.metric] != entry else { continue }
                known[entry.metric] = entry
                fresh.append(entry)
            }
            return fresh
        }
    }

    /// Writes everything down and ends. Nothing else may be called afterwards.
    public func close() {
        monitor.withLock {
            isEnding = true
            monitor.wakeAll()
        }
        thread?.join()
        thread = nil
        do throws(StoreError) { try checkpoint() } catch { note("the head was not written at the end: \(error)") }
        log.close()
        flock(lock.descriptor, LOCK_UN)
    }
}

extension MetricMetadata {
    /// With texts of a length that may be kept; without a name when that is too long.
    fileprivate var shortened: MetricMetadata {
        func cut(_ text: String, _ length: Int) -> String {
            guard text.utf8.count > length else { return text }
            // By scalars: one character may have any number of them.
            var kept = String.UnicodeScalarView()
            var size = 0
            for scalar in text.unicodeScalars {
                size += UTF8.width(scalar)
                if size > length { break }
                kept.append(scalar)
            }
            return String(kept)
        }
        return MetricMetadata(
            metric: metric.utf8.count > 1024 ? "" : metric, type: cut(type, 64), help: cut(help, 1024),
            unit: cut(unit, 256))
    }
}
