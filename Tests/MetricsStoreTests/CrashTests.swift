import Foundation
import Glibc
import Series
import Testing

@testable import MetricsStore

@Suite struct CrashTests {
    @Test("killed at any moment, a hundred times: every acknowledged sample is there, once", .timeLimit(.minutes(5)))
    func killedAnywhere() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("store")
        var acknowledged = [Int: Set<Int>]()
        var first = 1
        var blocks = 0
        for round in 0..<100 {
            let output = folder.file("acknowledged")
            let writer = try CrashWriter(store: path, first: first, output: output)
            // Every fourth is killed while it may still be opening, the others while they write.
            if round % 4 != 0 { try await writer.waitForAcknowledgement() }
            try await Task.sleep(for: .milliseconds(.random(in: 0...120)))
            #expect(writer.kill())
            for (number, written) in try writer.acknowledged() {
                acknowledged[written, default: []].insert(number)
                first = max(first, number + 3)
            }
            if round % 5 == 4 {
                try check(path, acknowledged, &blocks)
            }
        }
        #expect(acknowledged.values.reduce(0) { $0 + $1.count } > 200)
        #expect(blocks > 0, "blocks were written on the way")
    }

    private func check(_ path: String, _ acknowledged: [Int: Set<Int>], _ blocks: inout Int) throws {
        var options = StoreOptions()
        options.retentionAge = 0
        let store = try MetricsStore(path: path, options: options)
        defer { store.close() }
        #expect(store.recovery.orphans == 0)
        for problem in store.recovery.problems { #expect(problem.contains("never acknowledged"), "\(problem)") }
        blocks = max(blocks, store.blockFigures.count)
        for (writer, numbers) in acknowledged {
            var found: [Int: Int] = [:]
            let read = try store.read([LabelMatcher("writer", .equal, "\(writer)")])
            for buffer in read.values {
                #expect(zip(buffer.times, buffer.times.dropFirst()).allSatisfy { $0 < $1 })
                for (time, value) in zip(buffer.times, buffer.values) {
                    #expect(value == Double(time / 1000))
                    found[Int(value), default: 0] += 1
                }
            }
            let missing = numbers.filter { found[$0] != 50 }.sorted()
            #expect(
                missing.isEmpty,
                "acknowledged by writer \(writer), but not there: \(missing.prefix(20)) of \(numbers.count)")
        }
    }
}

/// The process that writes until it is killed.
final class CrashWriter {
    private let process = Process()
    private let output: String

    init(store: String, first: Int, output: String) throws {
        self.output = output
        #expect(FileManager.default.createFile(atPath: output, contents: nil))
        let tests = try #require(Bundle.main.executableURL)
        process.executableURL = tests.deletingLastPathComponent().appending(path: "MetricsCrashWriter")
        process.arguments = [store, "\(first)"]
        process.standardOutput = FileHandle(forWritingAtPath: output)
        try process.run()
    }

    func waitForAcknowledgement() async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try Data(contentsOf: URL(filePath: output)).isEmpty {
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
    func acknowledged() throws -> [(number: Int, writer: Int)] {
        try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map { line in
            let numbers = line.split(separator: " ").compactMap { Int($0) }
            try #require(numbers.count == 2, "\(line)")
            return (numbers[1], numbers[0])
        }
    }
}
