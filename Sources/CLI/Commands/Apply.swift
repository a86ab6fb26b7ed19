import ArgumentParser
import FoundationEssentials
import Wire

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Make the server's documents what the files say.",
        usage: "halcyon apply -f <file>… [<options>]",
        discussion: """
            Takes YAML or JSON documents of the kinds Service, Plan, Freeze, Receiver, Segment, Environment and Holdout, and flag \
            files as flagd reads them. Applying the same files twice changes nothing. When anything in any file is wrong, nothing at all is applied. A new or changed service whose \
            selector, or a wave's, matches no host is refused once hosts have joined, unless --allow-no-hosts is given.

            EXAMPLES:
              halcyon apply -f storefront.yaml
              halcyon apply -f services/ --dry-run
              halcyon apply -f services/ --prune
              halcyon get service storefront -o yaml | halcyon apply -f -
              halcyon apply -f flags.json --environment staging --dry-run
              halcyon apply -f flags.json --strict
            """)

    @Option(
        name: [.customShort("f"), .customLong("file")], parsing: .singleValue,
        help: ArgumentHelp(
            "A file, a folder (its *.yaml, *.yml and *.json), or - for the standard input; may be repeated.",
            valueName: "file"), completion: .file(extensions: ["yaml", "yml", "json"]))
    var files: [String] = []

    @Flag(help: "Say what would change, and change nothing.")
    var dryRun = false

    @Flag(help: "Also delete what the files do not hold, of the kinds that they do hold.")
    var prune = false

    @Flag(help: "Apply nothing when there is a warning about anything in the files.")
    var strict = false

    @Flag(help: "Take services and waves whose selectors match no host yet.")
    var allowNoHosts = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where flags go that name no environment (default: production).", valueName: "name"))
    var environment: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if files.isEmpty { throw ValidationError("Name at least one file: halcyon apply -f FILE") }
    }

    func run() async throws {
        let request = ApplyRequest(
            files: try DocumentFiles.read(files), dryRun: dryRun, prune: prune, allowNoHosts: allowNoHosts,
            environment: environment, strict: strict)
        let answer = try await connection.withClient { try await $0.apply(request) }
        try output.show(Presentation(answer) { answer.lines($0) })
    }
}

extension ApplyAnswer {
    fileprivate func lines(_ style: TextStyle) -> [String] {
        var lines: [String] = []
        for item in items {
            let look: Look =
                item.outcome == .unchanged ? .dim : item.outcome == .deleted ? .bad : .good
            let line = StyledText("\(item.kind.lowercased())/\(item.name) ") + StyledText(item.outcome.rawValue, look)
            lines.append(line.text(colour: style.colour))
            lines += item.changes.map { "  \(harmless($0))" }
            lines += item.warnings.map { StyledText("  warning: \($0)", .caution).text(colour: style.colour) }
        }
        if items.isEmpty { lines.append("The files hold no documents.") }
        if dryRun { lines.append("This was a dry run: nothing was changed.") }
        return lines
    }
}

/// The files that a person names, as they are sent.
enum DocumentFiles {
    static func read(_ paths: [String]) throws -> [ApplyRequest.File] {
        var files: [ApplyRequest.File] = []
        for path in paths {
            if path == "-" {
                files.append(.init(name: "-", text: try Console.current.readAll()))
                continue
            }
            guard let facts = FileFacts(path) else { throw systemFailure("cannot read \(path)") }
            for name in facts.isFolder ? try documents(in: path) : [path] {
                files.append(.init(name: name, text: try FileBytes.text(name)))
            }
        }
        return files
    }

    private static func documents(in folder: String) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { name in [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } && !name.hasPrefix(".") }
            .sorted()
        guard !names.isEmpty else {
            throw CommandFailure.wrongCall("\(folder) holds no *.yaml, *.yml or *.json files")
        }
        return names.map { folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)" }
    }
}
