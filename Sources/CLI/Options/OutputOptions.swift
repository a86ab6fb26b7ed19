import ArgumentParser

/// The forms of an answer.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case table
    case json
    case yaml
}

/// When to write in colour.
enum ColourChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
    case auto
    case always
    case never
}

struct ColourOptions: ParsableArguments {
    @Option(help: ArgumentHelp("When to write in colour; auto respects NO_COLOR and TERM=dumb.", valueName: "when"))
    var color: ColourChoice = .auto

    /// How to write to the standard output.
    var style: TextStyle { TextStyle(console: .current, colour: color) }
}

struct OutputOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("The form of the answer.", valueName: "format"))
    var output: OutputFormat = .table

    @OptionGroup var colour: ColourOptions

    /// Writes an answer in the form that was asked for.
    func show(_ presentation: Presentation) throws {
        let text: String
        switch output {
        case .table: text = presentation.table(colour.style).joined(separator: "\n")
        case .json: text = try presentation.json()
        case .yaml: text = try presentation.yaml()
        }
        if !text.isEmpty { Console.current.print(text) }
    }
}
