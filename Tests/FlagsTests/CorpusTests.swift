import Foundation
import Testing

/// Inputs that the fuzzers found interesting, or that once broke something.
@Suite struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Corpus")

    @Test(
        "hostile input crashes nothing, and the program always answers as the tree does",
        arguments: FuzzTarget.allCases)
    func corpus(_ target: FuzzTarget) throws {
        let folder = CorpusTests.folder.appending(path: target.rawValue)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.isEmpty)
        for name in names {
            let problem = target.run(Array(try Data(contentsOf: folder.appending(path: name))))
            #expect(problem == nil, "\(target.rawValue)/\(name)")
        }
    }
}
