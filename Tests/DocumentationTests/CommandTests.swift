import Foundation
import Synchronization
import Testing

@Suite(.serialized) struct CommandTests {
    private static let shell = Page.all.flatMap(\.blocks).filter { $0.language == "sh" }
    private static let played = Page.all.filter { page in page.blocks.contains(where: isPlayed) }

    private static func isPlayed(_ block: Page.Block) -> Bool {
        block.language == "sh" && block.lines.first == "# tested"
    }

    @Test(
        "what the pages tell to type works, block after block, against a server that has just started",
        arguments: played)
    func play(page: Page) async throws {
        let server = try await LiveServer()
        let script = page.blocks.filter(CommandTests.isPlayed).map { "echo '>> \($0)'\n\($0.text)" }.joined()
        let (code, output) = await server.play(script)
        await server.end()
        #expect(code == 0, "\(output)")
    }

    @Test("every command in the pages exists, with its options", arguments: shell)
    func options(block: Page.Block) throws {
        let joined = block.text.replacingOccurrences(of: "\\\n", with: " ")
        for line in joined.split(separator: "\n") {
            // The command may stand behind `sudo`, `… | ` or an assignment, and end in a comment.
            let call = line.firstRange(of: " # ").map { line[..<$0.lowerBound] } ?? line
            for match in call.matches(of: /(?:^|[\s|(])halcyon ((?:[^|;&#)"]|"[^"]*")+)/) {
                let words = match.1.split(separator: " ").map(String.init)
                let help = try #require(Help.of(words), "\(block): halcyon \(match.1)")
                for word in words where word.wholeMatch(of: /--?[a-z][a-z-]*/) != nil {
                    #expect(
                        help.contains("\(word) ") || help.contains("\(word),"),
                        "\(block): halcyon \(match.1) has no \(word)")
                }
            }
        }
    }
}

/// What `--help` says of commands, asked once each.
private enum Help {
    private static let known = Mutex<[String: String]>([:])

    /// The help of the command that these words begin with; `nil` when there is none.
    static func of(_ words: [String]) -> String? {
        guard let first = words.first else { return nil }
        if first.hasPrefix("-") { return text([]).map { "\($0) --generate-completion-script " } }
        guard let help = text([first]) else { return nil }
        guard help.contains("SUBCOMMANDS:"), words.count > 1 else { return help }
        return text([first, words[1]])
    }

    private static func text(_ command: [String]) -> String? {
        let key = command.joined(separator: " ")
        if let text = known.withLock({ $0[key] }) { return text }
        let process = Process()
        let pipe = Pipe()
        process.executableURL = LiveServer.program
        process.arguments = command + ["--help"]
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil, let data = try? pipe.fileHandleForReading.readToEnd() else { return nil }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        known.withLock { $0[key] = text }
        return text
    }
}
