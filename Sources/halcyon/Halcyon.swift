import ArgumentParser
public import CLI
public import ControlPlane

/// The one binary: control plane, host agent and command line.
@main
struct Halcyon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "halcyon",
        abstract:
            "Ship changes to fleets of servers in waves, watched, and taken back by themselves when they are bad.",
        discussion: """
            EXAMPLES:
              halcyon server --dev                              a control plane on this machine, for a look around
              halcyon agent --server http://127.0.0.1:8080 --name web-1 --label region=eu
              halcyon apply -f storefront.yaml
              halcyon deploy storefront --artifact storefront.tar.gz --watch
              halcyon demo                                      a whole fleet on this machine, in three minutes
            """,
        subcommands: [ServerCommand.self, AgentCommand.self, DemoCommand.self, RestoreCommand.self]
            + CommandLineTool.commands)

    static func main() async {
        await CommandLineTool.main(Halcyon.self) { ArtefactLook() }
    }
}

extension ArtefactLook: ArtefactReader {}
