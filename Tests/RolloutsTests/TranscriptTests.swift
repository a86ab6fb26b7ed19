import Foundation
import Testing

/// The machine's behaviour as stories. After a wanted change run `HALCYON_REWRITE=1 swift test --filter Transcript` and
/// read the difference.
@Suite("Rollout transcripts")
struct TranscriptTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Transcripts")
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()

    @Test("the machine does what the transcript says", arguments: names)
    func transcript(name: String) throws {
        let file = TranscriptTests.folder.appending(path: name)
        let expected = try String(contentsOf: file, encoding: .utf8)
        let actual = Script.run(expected)
        if ProcessInfo.processInfo.environment["HALCYON_REWRITE"] != nil {
            try actual.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(!actual.contains("error: "))
        #expect(actual == expected)
    }

    @Test("there are transcripts")
    func thereAreTranscripts() {
        #expect(TranscriptTests.names.count >= 10)
    }
}
