import ArgumentParser
import Testing
import Wire

@testable import CLI

@Suite struct HelpTests {
    @Test("Every command's help is as its snapshot shows, and has examples")
    func help() {
        for path in commandPaths(CommandLineTool.commands, prefix: []) {
            let help = TestProgram.helpMessage(for: path.command, includeHidden: false, columns: 80)
            let name = path.names.joined(separator: "-")
            #expect(help.contains("EXAMPLES:\n  halcyon "), "\(name) has no examples")
            #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(name)'s help is too wide")
            expectSnapshot(help, "help-\(name)")
        }
    }

    @Test("Asking for help is no failure, and goes to the standard output")
    func helpEndsWell() async {
        let run = await runProgram(["rollout", "watch", "--help"])
        #expect(run.code == 0)
        #expect(run.output.contains("USAGE: halcyon rollout watch"))
        #expect(run.complaint.isEmpty)
    }

    @Test("--version tells the release without asking a server")
    func version() async {
        let run = await runProgram(["--version"])
        #expect(run.code == 0)
        #expect(run.output == "halcyon \(Release.current)\n")
    }

    @Test("The reference names every command")
    func reference() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let text = try FileBytes.text("\(root)/docs/reference/cli.md")
        for path in commandPaths(CommandLineTool.commands, prefix: [])
        where path.command.configuration.subcommands.isEmpty {
            let name = path.names.joined(separator: " ")
            #expect(text.contains("\nhalcyon \(name)"), "docs/reference/cli.md has no example of halcyon \(name)")
        }
    }

    private func commandPaths(
        _ commands: [any ParsableCommand.Type], prefix: [String]
    ) -> [(command: any ParsableCommand.Type, names: [String])] {
        commands.flatMap { command in
            let names = prefix + [command.configuration.commandName ?? ""]
            return [(command, names)] + commandPaths(command.configuration.subcommands, prefix: names)
        }
    }
}
