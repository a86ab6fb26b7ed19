import Synchronization
import Values

/// What the server counts about itself, for `/metrics`.
final class ServerCounters: Sendable {
    struct RequestKey: Hashable, Comparable {
        /// The route's pattern, never a path: the number of series stays bounded.
        var route: String
        var status: Int

        static func < (left: RequestKey, right: RequestKey) -> Bool {
            (left.route, left.status) < (right.route, right.status)
        }
    }

    /// When counting began.
    let startedAt = currentTime()
    private let requests = Mutex<[RequestKey: Int]>([:])
    private let flags = FlagRequestCounts()
    private let bulks = FlagRequestCounts()
    private let open = Atomic(0)
    /// Open connections by address; an address without any is forgotten.
    private let openByAddress = Mutex<[RemoteAddress: Int]>([:])
    private let agents = Atomic(0)
    private let watchers = Atomic(0)
    private let turnedAway = Atomic(0)

    func countRequest(route: String, status: Int) {
        requests.withLock { $0[RequestKey(route: route, status: status), default: 0] += 1 }
    }

    /// Counts a request for one flag, or for all. No lock: there may be a hundred thousand of them a second.
    func countFlag(status: Int) { flags.count(status) }
    func countBulk(status: Int) { bulks.count(status) }

    /// Counts a connection, unless there are `maximum` already, or `perAddress` of the same address.
    func connectionOpened(from address: RemoteAddress, maximum: Int, perAddress: Int) -> Bool {
        if open.add(1, ordering: .relaxed).newValue <= maximum {
            let isTaken = openByAddress.withLock { counts in
                let count = counts[address, default: 0]
                if count < perAddress { counts[address] = count + 1 }
                return count < perAddress
            }
            if isTaken { return true }
        }
        open.subtract(1, ordering: .relaxed)
        turnedAway.add(1, ordering: .relaxed)
        return false
    }

    func connectionClosed(from address: RemoteAddress) {
        open.subtract(1, ordering: .relaxed)
        openByAddress.withLock { counts in
            let count = counts[address, default: 0]
            counts[address] = count > 1 ? count - 1 : nil
        }
    }
    func agentsChanged(by change: Int) { agents.add(change, ordering: .relaxed) }
    func watchersChanged(by change: Int) { watchers.add(change, ordering: .relaxed) }

    var openConnections: Int { open.load(ordering: .relaxed) }
    var agentStreams: Int { agents.load(ordering: .relaxed) }
    var eventStreams: Int { watchers.load(ordering: .relaxed) }
    var connectionsTurnedAway: Int { turnedAway.load(ordering: .relaxed) }
    var requestCounts: [(key: RequestKey, count: Int)] {
        var all = requests.withLock { $0 }
        for (label, counts) in [("/ofrep/v1/evaluate/flags/{key}", flags), ("/ofrep/v1/evaluate/flags", bulks)] {
            for (status, count) in counts.all where count > 0 {
                all[RequestKey(route: label, status: status), default: 0] += count
            }
        }
        return all.map { (key: $0.key, count: $0.value) }.sorted { $0.key < $1.key }
    }
}

/// How often each status was answered.
private final class FlagRequestCounts: Sendable {
    private let ok = Atomic(0)
    private let unchanged = Atomic(0)
    private let wrong = Atomic(0)
    private let missing = Atomic(0)

    func count(_ status: Int) {
        switch status {
        case 200: ok.add(1, ordering: .relaxed)
        case 304: unchanged.add(1, ordering: .relaxed)
        case 404: missing.add(1, ordering: .relaxed)
        default: wrong.add(1, ordering: .relaxed)
        }
    }

    var all: [(status: Int, count: Int)] {
        [
            (200, ok.load(ordering: .relaxed)), (304, unchanged.load(ordering: .relaxed)),
            (400, wrong.load(ordering: .relaxed)), (404, missing.load(ordering: .relaxed)),
        ]
    }
}
