import Foundation
import Testing

/// Inputs that the fuzzer found interesting, or that once broke something.
@Suite struct YAMLCorpusTests {
    @Test("hostile YAML crashes nothing, and what is read can be written and read again")
    func corpus() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus/yaml")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.isEmpty)
        for name in names {
            let problem = FuzzYAML.run(Array(try Data(contentsOf: folder.appending(path: name))))
            #expect(problem == nil, "\(name)")
        }
    }
}
