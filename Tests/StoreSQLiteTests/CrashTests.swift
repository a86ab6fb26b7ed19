import Foundation
import Glibc
import Ports
import Testing

@testable import StoreSQLite

@Suite struct CrashTests {
    @Test("killed at any moment: every acknowledged commit is there, and no half transaction", .timeLimit(.minutes(2)))
    func killedAnywhere() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("data/store.db")
        var kills = 0
        var commits = 0
        for round in 0..<32 {
            let writer = try Writer(store: path, output: folder.file("acknowledged-\(round)"))
            // Every fourth is killed while it may still be opening, the others while they commit.
            if round % 4 != 0 { try await writer.waitForAcknowledgement() }
            try await Task.sleep(for: .milliseconds(.random(in: 0...120)))
            if writer.kill() { kills += 1 }
            let acknowledged = try writer.acknowledged()
            commits += acknowledged.count
            try await check(path, acknowledged: acknowledged)
        }
        #expect(kills == 32)
        #expect(commits >= 24, "one in each round that waited for it, at least")
        #expect(try SQLiteStore.inspect(path: path).faults == [])
    }

    private func check(_ path: String, acknowledged: [Writer.Acknowledgement]) async throws {
        let store = try SQLiteStore(path: path)
        let numbered = try await store.listAll("numbered")
        let revisions = Dictionary(uniqueKeysWithValues: numbered.map { ($0.key.name, $0.revision.number) })
        for commit in acknowledged where revisions["\(commit.writer)-\(commit.number)"] != commit.revision {
            Issue.record("acknowledged, but not there: \(commit)")
        }
        var total = 0
        for last in try await store.listAll("last") {
            let writer = last.key.name
            let mirror = try await store.read(DocumentKey("mirror", writer))
            #expect(mirror?.bytes == last.bytes && mirror?.revision == last.revision)
            let number = try #require(Int(String(decoding: last.bytes, as: UTF8.self)))
            total += number
            #expect(revisions["\(writer)-\(number)"] == last.revision.number)
        }
        #expect(total == numbered.count)
        #expect(try await store.revision().number == Int64(numbered.count))
        await store.close()
    }
}

/// The process that commits until it is killed.
private final class Writer {
    struct Acknowledgement {
        var writer: Int
        var number: Int
        var revision: Int64
    }

    private let process = Process()
    private let output: String

    init(store: String, output: String) throws {
        self.output = output
        #expect(FileManager.default.createFile(atPath: output, contents: nil))
        let tests = try #require(Bundle.main.executableURL)
        process.executableURL = tests.deletingLastPathComponent().appending(path: "StoreCrashWriter")
        process.arguments = [store]
        process.standardOutput = FileHandle(forWritingAtPath: output)
        try process.run()
    }

    func waitForAcknowledgement() async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while StoreFile.size(output) == 0 {
            try #require(ContinuousClock.now < deadline && process.isRunning, "the writer acknowledged nothing")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Returns whether it was running until then.
    func kill() -> Bool {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL
    }

    /// What it wrote reached the file with each `write`, so that it outlives the process.
    func acknowledged() throws -> [Acknowledgement] {
        try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map { line in
            let numbers = line.split(separator: " ").compactMap { Int64($0) }
            try #require(numbers.count == 3, "\(line)")
            return Acknowledgement(writer: Int(numbers[0]), number: Int(numbers[1]), revision: numbers[2])
        }
    }
}
