public import MetricsFormats
public import Ports
import Series
import Synchronization
public import Values

extension MetricsStore: MetricsKeeper {
    public func take(_ batch: IngestBatch, now: Timestamp?) throws(MetricsRefusal) -> IngestReport {
        do throws(StoreError) { return try ingest(batch, now: now) } catch { throw error.refusal }
    }

    public func whenKept(_ call: @escaping @Sendable (MetricsRefusal?) -> Void) {
        log.whenDurable { call($0?.refusal) }
    }

    public func snapshot(named name: String) throws(MetricsRefusal) -> String {
        let folder = "\(MetricsStore.snapshots(of: path))/\(name)"
        guard (try? Folder.names(folder))?.isEmpty ?? true else {
            throw .unavailable("there is a snapshot \(folder) already")
        }
        do throws(StoreError) {
            try backUp(to: folder)
        } catch {
            // Half a copy is of no use, and may have filled the disk.
            MetricsStore.remove(folder)
            throw error.refusal
        }
        return folder
    }

    public func condition() -> MetricsCondition {
        var condition = MetricsCondition(problem: problem?.description)
        condition.notices = lastNotices
        condition.series = seriesCount
        let footers = blocks.withLock {
            $0.map { (oldest: $0.footer.minimumTime, bytes: $0.length, samples: $0.footer.samples) }
        }
        condition.exemplars = exemplars.load(ordering: .relaxed)
        condition.blocks = footers.count
        condition.blockBytes = footers.reduce(0) { $0 + $1.bytes }
        condition.blockSamples = footers.reduce(0) { $0 + Int($1.samples) }
        condition.newestTime = newestTime == .min ? nil : newestTime
        let oldest = footers.reduce(maintenance.withLock { $0.oldestTime }) { min($0, $1.oldest) }
        condition.oldestTime = oldest == .max ? nil : oldest
        let refusals = head.refusals.withLock { $0 }
        condition.overLimit = refusals.map { .init(name: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
        condition.retentionAge = options.retentionAge
        condition.retentionBytes = options.retentionBytes
        return condition
    }
}

extension StoreError {
    var refusal: MetricsRefusal {
        if case .overloaded = self { return .overloaded(description) }
        return .unavailable(description)
    }
}
