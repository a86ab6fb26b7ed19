import ArgumentParser

struct ReasonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Why, for the history and the audit trail.", valueName: "text"))
    var reason: String = ""
}
