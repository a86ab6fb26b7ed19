import FoundationEssentials
import Synchronization
import Values

/// A folder of its own for a test, removed at the end of it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/halcyon-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// A clock that stands still until it is told.
final class ManualClock: Sendable {
    private let time = Mutex(Timestamp.epoch)

    var now: Timestamp { time.withLock { $0 } }
    func pass(seconds: Int) { time.withLock { $0 = $0 + Period(milliseconds: Int64(seconds) * 1000) } }
}
