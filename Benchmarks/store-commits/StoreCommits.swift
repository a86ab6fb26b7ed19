import Glibc
import Ports
import StoreSQLite

/// Measures how long a commit takes to be on disk, beside what the disk itself takes for 4 KiB.
///
///     store-commits FOLDER
///
/// Prints one line of JSON; times in microseconds.
@main
struct StoreCommits {
    static let rounds = 10
    static let commitsPerRound = 100
    static let groupCommits = 4000

    static func main() async throws {
        guard CommandLine.arguments.count == 2 else {
            print("usage: store-commits FOLDER")
            exit(2)
        }
        let folder = CommandLine.arguments[1]
        let disk = try Disk(path: "\(folder)/plain")
        let store = try SQLiteStore(path: "\(folder)/store.db")
        var single: [Double] = []
        var plain: [Double] = []
        // In turns, so that a slow moment of the disk falls on both.
        for round in 0..<rounds {
            for number in 0..<commitsPerRound {
                plain.append(try disk.write())
                single.append(try await commit(round * commitsPerRound + number, to: store))
            }
        }
        single.sort()
        plain.sort()
        var fields = [
            ("singleMedian", single[single.count / 2]), ("singleP99", single[single.count * 99 / 100]),
            ("plainMedian", plain[plain.count / 2]), ("plainP99", plain[plain.count * 99 / 100]),
        ]
        for writers in [1, 8, 64] {
            fields.append(("commitsPerSecond\(writers)", try await rate(writers: writers, store: store)))
        }
        await store.close()
        try await check(folder)
        print("{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}")
    }

    /// What was answered as committed must be there when the store is opened again.
    private static func check(_ folder: String) async throws {
        let store = try SQLiteStore(path: "\(folder)/store.db")
        let expected = rounds * commitsPerRound + [1, 8, 64].reduce(0) { $0 + commits(writers: $1) }
        let found = try await store.revision().number
        await store.close()
        guard found == expected else {
            throw DiskProblem(what: "\(expected) commits were answered, \(found) are in the store")
        }
    }

    /// How many commits so many writers make, together.
    private static func commits(writers: Int) -> Int {
        (writers == 1 ? groupCommits / 4 : groupCommits) / writers * writers
    }

    private static func commit(_ number: Int, to store: SQLiteStore) async throws -> Double {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 600)
        let start = ContinuousClock.now
        _ = try await store.commit(
            Transaction(
                preconditions: [.absent(DocumentKey("events", "\(number)"))],
                writes: [
                    .put(DocumentKey("events", "\(number)"), body), .put(DocumentKey("rollouts", "one"), body),
                ]))
        return microseconds(since: start)
    }

    /// Commits a second when so many write at the same time.
    private static func rate(writers: Int, store: SQLiteStore) async throws -> Double {
        let commits = commits(writers: writers)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for number in 0..<(commits / writers) {
                        let key = DocumentKey("group\(writers)", "\(writer)-\(number)")
                        _ = try await store.commit(
                            Transaction(writes: [.put(key, [UInt8](repeating: 0x78, count: 600))]))
                    }
                }
            }
            try await group.waitForAll()
        }
        return Double(commits) / microseconds(since: start) * 1e6
    }
}

/// A file to which 4 KiB are added and forced to the disk: the least that a durable commit can take.
struct Disk {
    private let descriptor: Int32
    private let block = [UInt8](repeating: 1, count: 4096)

    init(path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw DiskProblem(what: "\(path) cannot be written") }
    }

    func write() throws -> Double {
        let start = ContinuousClock.now
        guard Glibc.write(descriptor, block, block.count) == block.count, fdatasync(descriptor) == 0 else {
            throw DiskProblem(what: "4 KiB cannot be written")
        }
        return microseconds(since: start)
    }
}

struct DiskProblem: Error {
    var what: String
}

func microseconds(since start: ContinuousClock.Instant) -> Double {
    let elapsed = (ContinuousClock.now - start).components
    return Double(elapsed.seconds) * 1e6 + Double(elapsed.attoseconds) / 1e12
}
