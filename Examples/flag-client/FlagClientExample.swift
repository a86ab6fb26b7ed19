import HalcyonClient

@main
struct FlagClientExample {
    static func main() async {
        let provider = HalcyonProvider(
            HalcyonConfiguration(
                server: CommandLine.arguments.dropFirst().first ?? "http://127.0.0.1:8080",
                token: CommandLine.arguments.dropFirst(2).first))
        await FlagAPI.shared.setProviderAndWait(provider, within: .seconds(10))

        let client = FlagAPI.shared.client()
        let user = EvaluationContext(targetingKey: "user-1", attributes: [("country", "DE")])
        if client.value("new-checkout", default: false, context: user) {
            print("the new checkout")
        } else {
            print("the old checkout")
        }

        let details = client.details("banner", default: "Welcome", context: user)
        print("\(details.value), because of \(details.reason.name)")

        await FlagAPI.shared.shutdown()
    }
}
