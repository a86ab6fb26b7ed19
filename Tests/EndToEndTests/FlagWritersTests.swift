import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing
import Values
import Wire

@Suite("Many who change flags, with the real program")
struct FlagWritersTests {
    @Test("writers that name the revision they have seen lose no update, whoever is killed when", arguments: [7, 1311])
    func writers(seed: UInt64) async throws {
        try await Lab.with(note: "seed \(seed)") { lab in
            let keys = ["a", "b"]
            for key in keys { _ = try await lab.must("flag", "set", key, "--boolean", "--on") }
            let acknowledged = Acknowledged()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        var random = SeededGenerator(seed: seed &+ UInt64(writer))
                        for number in 0..<40 {
                            let key = keys[Int(random.next() % 2)]
                            await FlagWritersTests.write("w\(writer)-\(number)", to: key, lab, acknowledged)
                        }
                    }
                }
                group.addTask {
                    var random = SeededGenerator(seed: seed)
                    for _ in 0..<3 {
                        // Somewhere in the writers' work, counted by what was acknowledged.
                        let goal = acknowledged.tags.count + 5 + Int(random.next() % 15)
                        try await waitFor("more acknowledged writes") {
                            acknowledged.tags.count >= goal || acknowledged.isOver
                        }
                        try await lab.running("server").end(SIGKILL)
                        try await lab.startServer()
                    }
                }
                for _ in 0..<4 { try await group.next() }
                acknowledged.note { $0.isOver = true }
                try await group.waitForAll()
            }
            try await lab.running("server").end(SIGKILL)
            try await lab.startServer()
            let sums = acknowledged.sums
            #expect(
                sums.tags.count > 20 && sums.conflicts > 0, "\(sums.conflicts) conflicts, \(sums.failures) failures")
            var found: Set<String> = []
            for key in keys {
                let flag = try await lab.see("/v1/environments/production/flags/\(key)", as: FlagView.self)
                found.formUnion(flag.tags)
                let path = "/v1/environments/production/flags/\(key)/history?limit=1000"
                let events = try await lab.see(path, as: Listing<FlagEventView>.self).items
                // Every change is in the history once, and each was made on the one before it.
                #expect(Set(events.map(\.revision)).count == events.count)
                #expect(events.first?.revision == flag.revision)
                #expect(events.count == flag.tags.count + 1, "\(events.count) events, \(flag.tags.count) tags")
            }
            #expect(sums.tags.isSubset(of: found), "lost: \(sums.tags.subtracting(found).sorted())")
        }
    }

    /// Adds a tag to those that the flag has, on the revision that was read; again when somebody else was faster.
    private static func write(
        _ tag: String, to key: String, _ lab: Lab, _ acknowledged: Acknowledged
    ) async {
        let path = "/v1/environments/production/flags/\(key)"
        for _ in 0..<50 {
            guard let flag = try? await lab.see(path, as: FlagView.self) else {
                acknowledged.note { $0.failures += 1 }
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            // Made by an earlier try, whose answer was lost with the server.
            if flag.tags.contains(tag) { return }
            let tags = (flag.tags + [tag]).map { "\"\($0)\"" }.joined(separator: ",")
            let body = #"{"edits": [{"action": "describe", "tags": [\#(tags)]}], "revision": \#(flag.revision)}"#
            switch await lab.get(path, method: "POST", body: body)?.status {
            case 200?:
                acknowledged.note { _ = $0.tags.insert(tag) }
                return
            case 409?: acknowledged.note { $0.conflicts += 1 }
            default:
                acknowledged.note { $0.failures += 1 }
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}

/// What the server acknowledged: nothing of it may be lost.
private final class Acknowledged: Sendable {
    struct Sums: Sendable {
        var tags: Set<String> = []
        var conflicts = 0
        var failures = 0
        /// Nobody writes any more.
        var isOver = false
    }

    private let kept = Mutex(Sums())

    var sums: Sums { kept.withLock { $0 } }
    var tags: Set<String> { sums.tags }
    var isOver: Bool { sums.isOver }
    func note(_ change: (inout Sums) -> Void) { kept.withLock { change(&$0) } }
}
