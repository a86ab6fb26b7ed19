import Specs
import Wire

extension ResourceKind {
    static let receiver = ResourceKind(
        names: ["receiver", "receivers", "rcv"],
        get: { client, name in
            let receivers = try chosen(name, from: try await client.receivers(), kind: "receiver", by: \.name)
            return Presentation(Listing(receivers), documents: receivers.map(SpecDocument.receiver)) {
                receiverTable(receivers).lines($0)
            }
        },
        describe: { client, name in
            let receiver = try pick(name, from: try await client.receivers(), kind: "receiver", by: \.name)
            let deliveries = try await client.deliveries(receiver: name, limit: 10)
            return Presentation(receiver, documents: [.receiver(receiver)]) { style in
                var details = Details()
                details.add("Receiver", receiver.name, .bold)
                details.add("Kind", receiver.target.kind)
                details.add("Address", receiver.target.url)
                details.add("Events", receiver.eventList)
                details.add(
                    "Services", receiver.services.isEmpty ? "all" : receiver.services.sorted().joined(separator: ", "))
                details.add("Last deliveries", deliveryTable(deliveries, style))
                return details.lines(style)
            }
        },
        delete: { try await $0.delete(Path("receivers", $1)) })
}

private func receiverTable(_ receivers: [ReceiverSpec]) -> Table {
    var table = Table(
        [
            .init("name"), .init("kind"), .init("address", flexible: true), .init("events", flexible: true),
            .init("services"),
        ],
        whenEmpty: "No receivers. Nobody is told of rollouts; write a document of kind Receiver and apply it.")
    for receiver in receivers {
        table.add(
            receiver.name, receiver.target.kind, receiver.target.url, receiver.eventList,
            receiver.services.isEmpty ? "all" : receiver.services.sorted().joined(separator: ", "))
    }
    return table
}

extension ReceiverSpec {
    fileprivate var eventList: String {
        events.isEmpty ? "all" : events.map(\.rawValue).sorted().joined(separator: ", ")
    }
}

extension ReceiverSpec.Target {
    var kind: String {
        switch self {
        case .webhook: return "webhook"
        case .slack: return "slack"
        }
    }

    /// As the server shows it: its path may be masked.
    var url: String {
        switch self {
        case .webhook(let url), .slack(let url): return url
        }
    }
}

func deliveryTable(_ deliveries: [DeliveryView], _ style: TextStyle) -> Table {
    var table = Table(
        [
            .init("created"), .init("receiver"), .init("event"), .init("rollout"), .init("state"),
            .init("attempts", right: true), .init("answer", flexible: true),
        ], whenEmpty: "No deliveries.")
    for delivery in deliveries {
        let look: Look = delivery.state == .failed ? .bad : delivery.state == .delivered ? .good : .caution
        table.add([
            StyledText(style.time(delivery.createdAt)), StyledText(delivery.receiver),
            StyledText(delivery.event.rawValue), StyledText(delivery.rollout ?? "-"),
            StyledText(delivery.state.rawValue, look), StyledText("\(delivery.attempts)"),
            StyledText(delivery.answer ?? "-"),
        ])
    }
    return table
}
