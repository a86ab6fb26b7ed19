import Foundation
import Testing

@Suite struct MetricsCorpusTests {
    @Test("what fuzzers found or began with does no harm", arguments: MetricsFuzzTarget.allCases)
    func corpus(_ target: MetricsFuzzTarget) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus/\(target.rawValue)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            #expect(target.run(bytes) == nil, "\(file.lastPathComponent)")
        }
    }
}
