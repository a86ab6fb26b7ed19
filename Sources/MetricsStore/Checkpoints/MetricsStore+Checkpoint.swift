import Series
import Synchronization

extension MetricsStore {
    /// Writes the head down, so that the log before it is not needed any more, and removes that.
    ///
    /// After an error of the log it also makes durable what was in memory only, and lets samples in again.
    func checkpoint() throws(StoreError) {
        let isFailed = log.problem != nil
        let segment = ingestLock.withLock { _ in log.rotate() }
        let known = metadata.withLock { Array($0.values) }
        try Checkpoint.write(head, segment: segment, metadata: known, to: path) {
            ingestLock.withLock { _ in head.areaState() }
        }
        if isFailed, log.problem != .closed {
            log.restart()
            note("samples are taken in again")
        }
        for name in try Folder.names(path) where name.hasPrefix("checkpoint-") {
            if let number = Int(name.dropFirst("checkpoint-".count)), number < segment {
                Folder.remove("\(path)/\(name)")
            }
        }
        for number in try LogSegment.numbers("\(path)/wal") where number < segment {
            Folder.remove("\(path)/wal/\(LogSegment.name(number))")
        }
        maintenance.withLock { state in
            for file in state.unusedFiles { head.area.remove([file]) }
            state.unusedFiles = []
        }
    }
}
