import ArgumentParser
import Wire

struct ReceiverCommandGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receiver",
        abstract: "Try receivers, and see what became of notifications.",
        discussion: """
            EXAMPLES:
              halcyon receiver test team-chat
              halcyon receiver deliveries team-chat
            """,
        subcommands: [ReceiverTestCommand.self, ReceiverDeliveriesCommand.self])
}

struct ReceiverTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Send a test notification and show the answer.",
        usage: "halcyon receiver test <name> [<options>]",
        discussion: """
            Ends with 1 when the receiver did not take it.

            EXAMPLES:
              halcyon receiver test team-chat
            """)

    @Argument(help: "The receiver.")
    var name: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let delivery = try await connection.withClient { try await $0.testReceiver(name) }
        try output.show(
            Presentation(delivery) { style in
                switch delivery.state {
                case .delivered:
                    return ["\(name) took the test notification: \(harmless(delivery.answer ?? "no answer"))"]
                case .pending: return ["The test notification is on its way; see: halcyon receiver deliveries \(name)"]
                case .failed: return []
                }
            })
        if delivery.state == .failed {
            throw CommandFailure.failed(
                "\(name) did not take the test notification: \(harmless(delivery.answer ?? "no answer"))")
        }
    }
}

struct ReceiverDeliveriesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries",
        abstract: "List notifications, newest first, with the answers of their receivers.",
        usage: "halcyon receiver deliveries [<name>] [<options>]",
        discussion: """
            EXAMPLES:
              halcyon receiver deliveries
              halcyon receiver deliveries team-chat --limit 10
              halcyon receiver deliveries -o json
            """)

    @Argument(help: "The receiver; without one, all.")
    var name: String?

    @Option(help: ArgumentHelp("How many.", valueName: "count"))
    var limit = 50

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let deliveries = try await connection.withClient { try await $0.deliveries(receiver: name, limit: limit) }
        try output.show(Presentation(Listing(deliveries)) { deliveryTable(deliveries, $0).lines($0) })
    }
}
