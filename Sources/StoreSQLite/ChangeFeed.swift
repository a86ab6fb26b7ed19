import Ports
import Synchronization

/// The newest commits in memory, so that watchers who keep up need not read the log. Revisions have no gaps.
struct RecentCommits: Sendable {
    private static let commits = 1024
    private static let bytes: Int64 = 8 << 20

    private var kept: [[StoreChange]] = []
    /// Elements before this index were dropped; the array is cut once they are half of it.
    private var start = 0
    private var keptBytes: Int64 = 0

    mutating func append(_ changes: [StoreChange]) {
        kept.append(changes)
        keptBytes += RecentCommits.size(changes)
        while kept.count - start > RecentCommits.commits || keptBytes > RecentCommits.bytes, start < kept.count {
            keptBytes -= RecentCommits.size(kept[start])
            kept[start] = []
            start += 1
        }
        if start > kept.count / 2 {
            kept.removeFirst(start)
            start = 0
        }
    }

    /// The commit right after this revision, if it is here.
    func commit(after revision: Revision) -> [StoreChange]? {
        guard start < kept.count, let first = kept[start].first?.revision else { return nil }
        let index = revision.number + 1 - first.number
        guard index >= 0, index < kept.count - start else { return nil }
        return kept[start + Int(index)]
    }

    private static func size(_ changes: [StoreChange]) -> Int64 { changes.reduce(0) { $0 + $1.size } }
}

/// Gives each watcher every commit after its revision, in order, at its own pace.
///
/// A watcher is no more than a revision: it takes the next commit from memory or from the log. Nothing is queued for it,
/// so a slow one costs nothing, and gets `compacted` when the log no longer reaches back to where it is.
final class ChangeFeed: Sendable {
    private let signal: RevisionSignal
    private let recent = Mutex(RecentCommits())
    private let log: ChangeLog

    init(newest: Revision, log: ChangeLog) {
        signal = RevisionSignal(newest: newest)
        self.log = log
    }

    var newest: Revision { signal.newest }

    func publish(_ commits: [[StoreChange]]) {
        guard let last = commits.last?.first?.revision else { return }
        recent.withLock { recent in
            for commit in commits { recent.append(commit) }
        }
        signal.advance(to: last)
    }

    func close() {
        signal.close()
    }

    func changes(since: Revision) -> AsyncThrowingStream<[StoreChange], any Error> {
        let watcher = Mutex(Watcher(seen: since))
        return AsyncThrowingStream {
            // One reader at a time: the position is taken out and put back, the lock is never held over a wait.
            var position = watcher.withLock { $0 }
            let changes = try await self.next(&position)
            watcher.withLock { $0 = position }
            return changes
        }
    }

    private struct Watcher {
        var seen: Revision
        /// Commits read from the log and not yet handed on.
        var page: ArraySlice<[StoreChange]> = []
    }

    private func next(_ watcher: inout Watcher) async throws(StoreError) -> [StoreChange]? {
        if watcher.page.isEmpty {
            // It saw the future of a store that was since put back from a backup.
            if watcher.seen > signal.newest { throw .compacted(oldest: try await log.start()) }
            guard await signal.waitForMore(than: watcher.seen) else { return nil }
            if let commit = recent.withLock({ $0.commit(after: watcher.seen) }) {
                watcher.page = [commit]
            } else {
                watcher.page = try await log.page(after: watcher.seen)[...]
            }
        }
        guard let commit = watcher.page.popFirst() else { return nil }
        watcher.seen = commit.first?.revision ?? watcher.seen
        return commit
    }
}
