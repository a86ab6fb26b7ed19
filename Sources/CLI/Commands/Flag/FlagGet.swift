import ArgumentParser
import Documents
import FlagSpecs
import Wire

struct FlagGetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show a flag with its rules.",
        usage: "halcyon flag get <key> [<options>]",
        discussion: """
            With -o yaml or --document the flag is written as `halcyon flag set --file` takes it.

            EXAMPLES:
              halcyon flag get cart
              halcyon flag get cart --document > cart.json
              halcyon flag get cart --served
            """)

    @Argument(help: "The flag's key.")
    var key: String

    @Flag(help: "Only the flag's own JSON, as it is managed.")
    var document = false

    @Flag(help: "Only the plain flagd flag, as it is served.")
    var served = false

    @OptionGroup var place: EnvironmentOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let flag = try await connection.withClient { try await $0.flag(key, environment: place.environment) }
        if document || served {
            Console.current.print(document ? flag.document : flag.served)
            return
        }
        var presentation = Presentation(flag) { flag.details($0).lines($0) }
        presentation.yaml = {
            let (node, _) = JSONParser.parse(Array(flag.document.utf8), file: flag.key)
            return YAMLWriter.write(node ?? Node(.mapping([])))
        }
        try output.show(presentation)
    }
}

extension FlagView {
    fileprivate func details(_ style: TextStyle) -> Details {
        var details = Details()
        details.add("Key", key)
        details.add("Environment", environment)
        details.add(
            "State", archived ? "archived" : state == "ENABLED" ? "on" : "off", state == "ENABLED" ? .good : .dim)
        details.add("Serves", summary)
        details.add("Description", description)
        details.add("Owner", owner)
        details.add("Tags", tags.joined(separator: ", "))
        details.add("Expires", expires)
        details.add("Revision", "\(revision), \(style.time(updatedAt)) by \(updatedBy)")
        details.add("Next change", nextChangeAt.map { style.time($0) })
        details.add("File", file)
        var table = Table([.init("variant"), .init("value", flexible: true), .init("")], whenEmpty: "None.")
        for variant in variants {
            table.add(variant.name, variant.value, variant.name == defaultVariant ? "default" : "")
        }
        details.add("Variants", table)
        details.add(
            "Rules",
            rules.enumerated().map { index, rule in
                index < rules.count - 1 ? "\(index + 1). \(rule)" : rule
            })
        let flag = ManagedFlag(key: key, node: JSONParser.parse(Array(document.utf8), file: key).node ?? Node(.null))
        details.add("Needs", flag.prerequisites.map { "\($0.flag) to give \($0.variants.joined(separator: " or "))" })
        if let layer = flag.layer {
            details.add(
                "Layer", ["\(layer.name): slots \(layer.from) to \(layer.to - 1) of \(ManagedFlag.Layer.slots)"])
        }
        details.add("Holdouts", flag.holdouts)
        if let ramp = flag.ramp {
            details.add(
                "Ramp", ["\(ramp.plan)\(ramp.startedAt == nil ? "" : "; step \(ramp.step) of \(ramp.steps.count)")"])
        }
        details.add("Schedule", flag.schedule.enumerated().map { "\($0 + 1). \($1.words)" })
        details.add("Warnings", warnings, .caution)
        return details
    }
}
