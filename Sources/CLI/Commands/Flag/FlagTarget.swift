import ArgumentParser
import Documents
import FlagSpecs

struct FlagTargetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "target",
        abstract: "Add a rule to a flag's targeting, or take one away.",
        usage: """
            halcyon flag target <key> --serve <variant> --when <json> [<options>]
            halcyon flag target <key> --serve <variant> --segment <name> [<options>]
            halcyon flag target <key> --serve <variant> --attribute <name> --is <v>…
            halcyon flag target <key> (--remove <number> | --clear) [<options>]
            """,
        discussion: """
            The first rule that matches decides. Rules are numbered as `halcyon flag get` shows them.

            EXAMPLES:
              halcyon flag target cart --attribute country --is de --is at --serve on
              halcyon flag target cart --segment staff --serve on --first
              halcyon flag target cart --when '{"<": [{"var": "age"}, 18]}' --serve off
              halcyon flag target cart --remove 2
              halcyon flag target cart --clear
            """)

    @Option(help: ArgumentHelp("The variant that those get whom the rule matches.", valueName: "variant"))
    var serve: String?

    @Option(help: ArgumentHelp("The condition as JsonLogic.", valueName: "json"))
    var when: String?

    @Option(help: ArgumentHelp("Who is in this segment.", valueName: "name"))
    var segment: String?

    @Option(help: ArgumentHelp("Who has one of the --is values in this attribute.", valueName: "name"))
    var attribute: String?

    @Option(
        name: .customLong("is"), parsing: .singleValue,
        help: ArgumentHelp(
            "A value of the attribute: JSON, or a text as it stands; may be repeated.", valueName: "value"))
    var values: [String] = []

    @Flag(help: "Put the rule before all others instead of behind them.")
    var first = false

    @Option(help: ArgumentHelp("Take this rule away.", valueName: "number"))
    var remove: Int?

    @Flag(help: "Take the whole targeting away.")
    var clear = false

    @OptionGroup var change: FlagChangeOptions

    func validate() throws {
        let conditions = [when != nil, segment != nil, attribute != nil].count { $0 }
        if clear || remove != nil {
            if conditions > 0 || serve != nil { throw ValidationError("--remove and --clear stand alone.") }
            return
        }
        guard conditions == 1, serve != nil else {
            throw ValidationError("A rule has one of --when, --segment and --attribute, and --serve.")
        }
        if attribute != nil, values.isEmpty { throw ValidationError("--attribute needs at least one --is.") }
    }

    func run() async throws {
        if clear { return try await change.perform([FlagEdit(.targeting)]) }
        if let remove { return try await change.perform([FlagEdit(.untarget, index: remove)]) }
        try await change.perform([
            FlagEdit(.target, variant: serve, when: condition, index: first ? 1 : nil)
        ])
    }

    private var condition: String {
        if let when { return when }
        if let segment { return text(.mapping([("$ref", .string(segment))])) }
        let values = values.map { value in JSONParser.parse(Array(value.utf8), file: "").node ?? .string(value) }
        let variable = Node.mapping([("var", .string(attribute ?? ""))])
        if values.count == 1 { return text(.mapping([("==", .sequence([variable, values[0]]))])) }
        return text(.mapping([("in", .sequence([variable, .sequence(values)]))]))
    }

    private func text(_ node: Node) -> String { String(decoding: JSONWriter.write(node), as: UTF8.self) }
}
