import Foundation
import Glibc
import Testing

/// What keeps the sources easy to read, and safe to run.
@Suite struct StyleTests {
    private static let all = SourceTree.sources + SourceTree.examples
    private static let everything = all + SourceTree.tests

    @Test("a file has one subject, in at most 400 lines")
    func files() {
        for file in StyleTests.everything where !file.isGenerated {
            #expect(file.lines.count <= 401, "\(file) has \(file.lines.count - 1) lines")
        }
    }

    /// Relies on the formatter: a function ends at the first closing brace under its first letter.
    @Test("a function has at most 70 lines")
    func functions() {
        let beginning = /( *)(?:@\w+ |[a-z]+(?:\(\w+\))? )*(?:func |init[(?<]|deinit |subscript[(<]).*/
        for file in StyleTests.all where !file.isGenerated {
            for (index, line) in file.lines.enumerated() where line.hasSuffix("{") || line.hasSuffix("(") {
                guard let match = line.wholeMatch(of: beginning) else { continue }
                let end = file.lines[index...].firstIndex { $0 == match.1 + "}" } ?? index
                #expect(end - index < 70, "\(file):\(index + 1) has a function of \(end - index + 1) lines")
            }
        }
    }

    @Test("what could end the process, or hide a race, says beside it why it cannot")
    func dangers() {
        let dangers = [
            "try!", "as!", "fatalError(", "preconditionFailure(", "@unchecked Sendable", "nonisolated(unsafe)",
            "unsafeBitCast(",
        ]
        for file in StyleTests.all {
            for (text, line) in file.code(holding: dangers) {
                let before = line >= 2 ? file.lines[line - 2].drop(while: \.isWhitespace) : ""
                let isExplained = before.hasPrefix("//") || file.lines[line - 1].contains("//")
                #expect(isExplained, "\(file):\(line) gives no reason: \(text.drop(while: \.isWhitespace))")
            }
        }
    }

    @Test("nothing is left undone")
    func undone() {
        for file in StyleTests.all where !file.isGenerated {
            for mark in ["TODO", "FIXME"] { #expect(strstr(file.text, mark) == nil, "\(file) holds \(mark)") }
        }
    }
}
