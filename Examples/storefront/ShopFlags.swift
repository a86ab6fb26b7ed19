import HalcyonClient
import NIOHTTP1

/// The flags that decide what the shop does. Without a server to ask, everything is as it always was.
struct ShopFlags: Sendable {
    private let client: FlagClient

    /// Follows the server in `HALCYON_SERVER`, with the token in `HALCYON_SDK_TOKEN`, when there is one.
    static func fromEnvironment(version: String) async -> ShopFlags {
        if let server = environment("HALCYON_SERVER"), !server.isEmpty {
            FlagAPI.shared.context = EvaluationContext(attributes: [("version", .string(version))])
            await FlagAPI.shared.setProvider(
                HalcyonProvider(
                    HalcyonConfiguration(
                        server: server, token: environment("HALCYON_SDK_TOKEN"), usageInterval: .seconds(2))))
        }
        return ShopFlags(client: FlagAPI.shared.client())
    }

    /// What has been counted is told before the process ends.
    static func end() async { await FlagAPI.shared.shutdown() }

    /// Runs the code that depends on whether this customer is shown what others bought.
    func recommending(to customer: String?, _ page: (Bool) -> Reply) -> Reply {
        let context = customer.map { EvaluationContext(targetingKey: $0) }
        return client.measure(
            "recommendations", default: false, context: context, isFailure: { $0.status == .internalServerError }, page)
    }

    /// Whether a buyer pays with one click.
    var hasNewCheckout: Bool { client.value("new-checkout", default: false) }
}
