import Glibc
import Ports
import StoreSQLite

// Writes numbered commits into the store named by its argument until it is killed, or long after a test would have. After each one that was
// acknowledged it prints a line `WRITER NUMBER REVISION`. Every commit writes three documents that say the same.

/// Whole lines only, so that what the parent reads was truly acknowledged.
func acknowledge(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
}

guard CommandLine.arguments.count == 2 else {
    acknowledge("usage: StoreCrashWriter STORE")
    exit(2)
}

let store = try SQLiteStore(path: CommandLine.arguments[1])
try await withThrowingTaskGroup(of: Void.self) { group in
    for writer in 0..<8 {
        group.addTask {
            let last = try await store.read(DocumentKey("last", "\(writer)"))
            var number = last.flatMap { Int(String(decoding: $0.bytes, as: UTF8.self)) } ?? 0
            for _ in 0..<10_000 {
                number += 1
                let bytes = Array("\(number)".utf8)
                let revision = try await store.commit(
                    Transaction(
                        preconditions: [.absent(DocumentKey("numbered", "\(writer)-\(number)"))],
                        writes: [
                            .put(DocumentKey("numbered", "\(writer)-\(number)"), bytes),
                            .put(DocumentKey("last", "\(writer)"), bytes),
                            .put(DocumentKey("mirror", "\(writer)"), bytes),
                        ]))
                acknowledge("\(writer) \(number) \(revision.number)")
            }
        }
    }
    try await group.waitForAll()
}
