import ArgumentParser
import Documents
import FlagSpecs
import Wire

struct FlagSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Make a flag, replace it, or change what is known about it.",
        usage: "halcyon flag set <key> [<options>]",
        discussion: """
            A new flag comes from a file, or from --boolean or --variant; it starts disabled unless --on is given. Of a flag \
            that is there, only what is named changes.

            EXAMPLES:
              halcyon flag set cart --boolean --owner shop --description "The new cart"
              halcyon flag set hue --variant sun='"#fc0"' --variant sea='"#08f"' --on
              halcyon flag set cart --file cart.json --revision 7
              halcyon flag set cart --expires 2027-01-31 --tag shop --tag experiment
              halcyon flag set cart --targeting '{"if": [{"$ref": "staff"}, "on"]}'
            """)

    @Option(
        help: ArgumentHelp("The whole flag as JSON or YAML, or - for the standard input.", valueName: "file"),
        completion: .file(extensions: ["json", "yaml", "yml"]))
    var file: String?

    @Flag(help: "A new flag with the variants on (true) and off (false); off is the default.")
    var boolean = false

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A variant of a new flag; the value is JSON. May be repeated.", valueName: "name=json"))
    var variant: [String] = []

    @Option(name: .customLong("default"), help: ArgumentHelp("The default variant.", valueName: "variant"))
    var defaultVariant: String?

    @Option(help: ArgumentHelp("The targeting as JsonLogic; an empty text takes it away.", valueName: "json"))
    var targeting: String?

    @Flag(help: "Enable the flag.")
    var on = false

    @Option(help: ArgumentHelp("What it is for.", valueName: "text"))
    var description: String?

    @Option(help: ArgumentHelp("Who looks after it.", valueName: "name"))
    var owner: String?

    @Option(parsing: .singleValue, help: ArgumentHelp("A tag; may be repeated, replaces all tags.", valueName: "tag"))
    var tag: [String] = []

    @Option(help: ArgumentHelp("When it should have done its work.", valueName: "date"))
    var expires: String?

    @Option(help: ArgumentHelp("The attribute by which shares are spread.", valueName: "attribute"))
    var bucketBy: String?

    @OptionGroup var change: FlagChangeOptions

    func validate() throws {
        let sources = [file != nil, boolean, !variant.isEmpty].count { $0 }
        if sources > 1 { throw ValidationError("A flag comes from --file, from --boolean or from --variant.") }
    }

    func run() async throws {
        let edits = try edits()
        guard !edits.isEmpty else {
            throw CommandFailure.wrongCall("nothing to set: give --file, --boolean, --variant, or what is to change")
        }
        try await change.perform(edits)
    }

    private func edits() throws -> [FlagEdit] {
        var edits: [FlagEdit] = []
        if let file {
            edits.append(
                FlagEdit(
                    .put, document: file == "-" ? try Console.current.readAll() : try FileBytes.text(file),
                    file: file == "-" ? "standard input" : file))
        } else if boolean {
            edits.append(
                FlagEdit(.put, document: newFlag([("on", .bool(true)), ("off", .bool(false))], default: "off")))
        } else if !variant.isEmpty {
            let variants = try variant.map(FlagSetCommand.variant)
            edits.append(FlagEdit(.put, document: newFlag(variants, default: defaultVariant)))
        }
        if let defaultVariant, variant.isEmpty { edits.append(FlagEdit(.defaultVariant, variant: defaultVariant)) }
        if let targeting { edits.append(FlagEdit(.targeting, document: targeting.isEmpty ? nil : targeting)) }
        if on, edits.first?.action != .put || file != nil { edits.append(FlagEdit(.on)) }
        if description != nil || owner != nil || !tag.isEmpty || expires != nil || bucketBy != nil {
            edits.append(
                FlagEdit(
                    .describe, description: description, owner: owner, tags: tag.isEmpty ? nil : tag, expires: expires,
                    bucketBy: bucketBy))
        }
        return edits
    }

    private func newFlag(_ variants: [(String, Node)], default name: String?) -> String {
        let node = Node.mapping([
            ("state", .string(on ? "ENABLED" : "DISABLED")), ("variants", .mapping(variants.map { ($0.0, $0.1) })),
            ("defaultVariant", name.map(Node.string)),
        ])
        return String(decoding: JSONWriter.write(node), as: UTF8.self)
    }

    /// `NAME=JSON`
    private static func variant(_ word: String) throws -> (String, Node) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw CommandFailure.wrongCall("'\(word)' is not NAME=JSON, for example on=true")
        }
        let (node, _) = JSONParser.parse(Array(parts[1].utf8), file: word)
        guard let node else {
            throw CommandFailure.wrongCall(
                "the value of variant \(parts[0]) is not JSON: \(parts[1]); a text goes in double quotes, as in '\"\(parts[1])\"'"
            )
        }
        return (String(parts[0]), node)
    }
}
