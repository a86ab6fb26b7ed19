import ArgumentParser
import Wire

struct FlagEnvironmentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "environments",
        abstract: "List the environments.",
        usage: "halcyon flag environments [<options>]",
        discussion: """
            An environment is made by applying a document of the kind Environment; --delete takes one away that \
            has no flags, segments or holdouts any more.

            EXAMPLES:
              halcyon flag environments
              halcyon flag environments --delete load-test
            """)

    @Option(help: ArgumentHelp("Delete this environment.", valueName: "name"))
    var delete: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        if let delete {
            return try await connection.delete("environment", delete, at: Path("environments", delete))
        }
        let environments = try await connection.withClient { try await $0.environments() }
        try output.show(
            Presentation(Listing(environments)) { style in
                var table = Table(
                    [
                        .init("name"), .init("flags", right: true), .init("segments", right: true),
                        .init("bucketing"), .init("approvals", right: true), .init("proposals", right: true),
                        .init("files", flexible: true), .init("description", flexible: true),
                    ], whenEmpty: "No environments.")
                for item in environments {
                    table.add(
                        item.name, "\(item.flags)", "\(item.segments)", item.bucketing, "\(item.approvals)",
                        "\(item.openProposals)", item.files.joined(separator: ", "), item.description)
                }
                return table.lines(style) + environments.flatMap { $0.warningLines(style) }
            })
    }
}

extension ConnectionOptions {
    /// Deletes one thing, and says so.
    func delete(_ kind: String, _ name: String, at path: Path) async throws {
        try await withClient { try await $0.delete(path) }
        Console.current.print("\(kind)/\(name) deleted")
    }
}

extension EnvironmentView {
    /// The first of its warnings: what does not work is told with each flag, too.
    fileprivate func warningLines(_ style: TextStyle) -> [String] {
        var lines = warnings.prefix(5).map { "warning: \(name): \(harmless($0))" }
        if warnings.count > 5 { lines.append("warning: \(name): and \(warnings.count - 5) more") }
        return lines.map { StyledText($0, .caution).text(colour: style.colour) }
    }
}

struct FlagSegmentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segments",
        abstract: "List segments, and which flags use them.",
        usage: "halcyon flag segments [<options>]",
        discussion: """
            A segment is made by applying a document of the kind Segment; --delete takes one away that no flag uses.

            EXAMPLES:
              halcyon flag segments
              halcyon flag segments --delete beta-testers
            """)

    @Option(help: ArgumentHelp("Delete this segment.", valueName: "name"))
    var delete: String?

    @OptionGroup var place: EnvironmentOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        if let delete {
            let path = Path("environments", place.environment, "segments", delete)
            return try await connection.delete("segment", delete, at: path)
        }
        let segments = try await connection.withClient { try await $0.segments(environment: place.environment) }
        try output.show(
            Presentation(Listing(segments)) { style in
                var table = Table(
                    [
                        .init("name"), .init("rule", flexible: true), .init("used by", flexible: true),
                        .init("description", flexible: true),
                    ], whenEmpty: "No segments.")
                for segment in segments {
                    table.add(
                        segment.name, segment.rule, segment.usedBy.joined(separator: ", "), segment.description)
                }
                return table.lines(style)
            })
    }
}
