import Foundation
import Testing

/// Inputs that the fuzzers found interesting, or that once broke something.
@Suite struct FlagSpecsCorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    @Test("hostile files, edits and exports crash nothing", arguments: FlagSpecsFuzzing.allCases)
    func corpus(_ target: FlagSpecsFuzzing) throws {
        let folder = FlagSpecsCorpusTests.folder.appending(path: target.rawValue)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.isEmpty)
        for name in names {
            let problem = target.run(Array(try Data(contentsOf: folder.appending(path: name))))
            #expect(problem == nil, "\(target.rawValue)/\(name)")
        }
    }
}
