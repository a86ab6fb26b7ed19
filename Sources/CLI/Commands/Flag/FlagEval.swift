import ArgumentParser
import Documents
import Values
import Wire

struct FlagEvalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Say what a flag answers, and why.",
        usage: "halcyon flag eval <key> [--context <json>] [-c <k=v>…] [<options>]",
        discussion: """
            A value after -c is JSON where it can be read as such, otherwise a text. Nothing is counted.

            EXAMPLES:
              halcyon flag eval cart --context '{"targetingKey": "ann", "country": "de"}'
              halcyon flag eval cart -c targetingKey=user-7 -c age=42
              halcyon flag eval cart --context-file user.json -o json
              halcyon flag eval cart -c targetingKey=user-7 --at 2026-12-24T00:00:00Z
            """)

    @Argument(help: "The flag's key.")
    var key: String

    @Option(help: ArgumentHelp("The evaluation context, a JSON object.", valueName: "json"))
    var context: String?

    @Option(help: ArgumentHelp("A file that holds it.", valueName: "file"), completion: .file(extensions: ["json"]))
    var contextFile: String?

    @Option(
        name: .customShort("c"), parsing: .singleValue,
        help: ArgumentHelp("One attribute of it; may be repeated.", valueName: "key=value"))
    var attributes: [String] = []

    @Option(help: ArgumentHelp("As if it were this time (RFC 3339).", valueName: "time"))
    var at: String?

    @OptionGroup var place: EnvironmentOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if context != nil, contextFile != nil { throw ValidationError("Give --context or --context-file.") }
    }

    func run() async throws {
        var time: Timestamp?
        if let at {
            time = Timestamp(at)
            if time == nil { throw CommandFailure.wrongCall("'\(at)' is not a time like 2026-12-01T09:00:00Z") }
        }
        let request = FlagEvaluationRequest(context: try contextText(), at: time)
        let answer = try await connection.withClient {
            try await $0.evaluate(flag: key, environment: place.environment, request)
        }
        try output.show(Presentation(answer) { answer.lines($0) })
    }

    private func contextText() throws -> String {
        var text = context
        if let contextFile { text = try FileBytes.text(contextFile) }
        if attributes.isEmpty { return text ?? "{}" }
        let (node, issues) = JSONParser.parse(Array((text ?? "{}").utf8), file: contextFile ?? "--context")
        guard case .mapping(var entries) = node?.value else {
            throw CommandFailure.wrongCall(issues.first?.description ?? "the context is not a JSON object")
        }
        for word in attributes {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw CommandFailure.wrongCall("'\(word)' is not KEY=VALUE")
            }
            // A key is a text even when it looks like a number.
            let isText = parts[0] == "targetingKey"
            let value = isText ? nil : JSONParser.parse(Array(parts[1].utf8), file: word).node
            entries.removeAll { $0.key == parts[0] }
            entries.append(Node.Entry(parts[0], value ?? .string(parts[1])))
        }
        return String(decoding: JSONWriter.write(Node(.mapping(entries))), as: UTF8.self)
    }
}

extension FlagEvaluationView {
    fileprivate func lines(_ style: TextStyle) -> [String] {
        let answer =
            value.map { "\(variant ?? "") = \($0)" } ?? (errorCode.map { "error \($0)" } ?? "the caller's own default")
        let look: Look = errorCode == nil ? .good : .bad
        let headline = StyledText("\(key): ") + StyledText(answer, look) + StyledText("  \(reason)", .dim)
        return [headline.text(colour: style.colour)] + explanation.map { "  \(harmless($0))" }
    }
}
