import FoundationEssentials
import MetricsFormats
import Series
import Testing

@testable import MetricsStore

/// A folder of its own for a test, removed at the end of it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/halcyon-metrics-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

extension MetricsStore {
    /// Brings samples of one series in.
    @discardableResult
    func put(_ labels: Labels, _ samples: [(Int64, Double)], start: Int64 = 0) async throws -> IngestReport {
        var batch = IngestBatch()
        for (time, value) in samples { batch.append(labels, time: time, value: value, start: start) }
        return try await write(batch)
    }

    /// What a query sees.
    func read(
        _ matchers: [LabelMatcher], after: Int64 = .min, through: Int64 = .max
    ) throws -> [Labels: SampleBuffer] {
        let found = try selection(SelectRequest(matchers: matchers, after: after, through: through))
        var result: [Labels: SampleBuffer] = [:]
        for index in 0..<found.count {
            var buffer = SampleBuffer()
            try found.read(index, into: &buffer)
            #expect(result[found.labels(index)] == nil, "\(found.labels(index)) comes twice")
            if buffer.count > 0 { result[found.labels(index)] = buffer }
        }
        return result
    }

    func values(_ labels: Labels, after: Int64 = .min, through: Int64 = .max) throws -> [Int64: Double] {
        let matchers = labels.pairs.map { LabelMatcher($0.name, .equal, $0.value) }
        let buffer = try read(matchers, after: after, through: through)[labels] ?? SampleBuffer()
        #expect(zip(buffer.times, buffer.times.dropFirst()).allSatisfy { $0 < $1 }, "not in order")
        return Dictionary(uniqueKeysWithValues: zip(buffer.times, buffer.values))
    }
}
