public import ArgumentParser
import Wire

/// The commands that talk to a server, and how every command of the program ends.
public enum CommandLineTool {
    /// One line a command, in the order in which `--help` lists them.
    public static var commands: [any ParsableCommand.Type] {
        [
            ApplyCommand.self,
            DeployCommand.self,
            RolloutCommandGroup.self,
            FlagCommandGroup.self,
            RehearseCommand.self,
            GetCommand.self,
            DescribeCommand.self,
            DeleteCommand.self,
            LogsCommand.self,
            QueryCommand.self,
            MetricsCommandGroup.self,
            HostCommandGroup.self,
            ReceiverCommandGroup.self,
            TokenCommandGroup.self,
            AuditCommand.self,
            BackupCommand.self,
            StatusCommand.self,
            VersionCommand.self,
        ]
    }

    /// In a structure: the optimizer of Swift 6.3 makes a program that crashes of a task-local function.
    struct ArtefactReaders: Sendable {
        var make: @Sendable () -> any ArtefactReader
    }

    /// Makes what looks at an artefact that a command fetches from a URL.
    @TaskLocal static var artefactReaders: ArtefactReaders?

    /// Parses the process's arguments, runs the command, and ends the process with its exit code.
    ///
    /// - Parameter artefactReader: Makes what looks at an artefact that a command fetches from a URL.
    public static func main(
        _ root: any ParsableCommand.Type, artefactReader: @escaping @Sendable () -> any ArtefactReader
    ) async -> Never {
        let code = await $artefactReaders.withValue(ArtefactReaders(make: artefactReader)) {
            await run(root, arguments: Array(CommandLine.arguments.dropFirst()))
        }
        exitProcess(code)
    }

    /// Ends the process as `error` demands, after saying so.
    public static func exit(withError error: any Error, of root: any ParsableCommand.Type) -> Never {
        exitProcess(report(error, of: root))
    }

    /// Parses and runs one command line.
    ///
    /// - Returns: The exit code: 0 done, 1 what was asked for failed, 2 the call or the file was wrong,
    ///   3 the server could not be reached.
    public static func run(_ root: any ParsableCommand.Type, arguments: [String]) async -> Int32 {
        // Not the parser's own flag: that one would stand in the help of `deploy` beside its `--version NAME`.
        if arguments == ["--version"] {
            Console.current.print("halcyon \(Release.current)")
            return Ending.done
        }
        do {
            var command = try root.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return Ending.done
        } catch {
            return report(error, of: root)
        }
    }

    /// Says what went wrong and tells the exit code.
    private static func report(_ error: any Error, of root: any ParsableCommand.Type) -> Int32 {
        let ending = Ending(of: error, root: root)
        if !ending.output.isEmpty { Console.current.print(ending.output) }
        if !ending.complaint.isEmpty { Console.current.complain(ending.complaint) }
        return ending.code
    }
}
