import HalcyonClient
import Synchronization
import Testing

@Suite("The client", .timeLimit(.minutes(1)))
struct ClientTests {
    let api = FlagAPI()

    @Test("Without a provider everybody gets the default")
    func noProvider() {
        let details = api.client().details("anything", default: "mine")
        #expect(details.value == "mine")
        #expect(details.reason == .default)
        #expect(details.errorCode == nil)
    }

    @Test("Values have the type of the default, and one that does not fit is an error with the default")
    func types() async {
        await api.setProvider(
            TestProvider(["bool": true, "text": "x", "whole": 3, "part": 0.5, "object": ["a": 1], "exact": 4.0]))
        let client = api.client()
        #expect(client.value("bool", default: false))
        #expect(client.value("text", default: "") == "x")
        #expect(client.value("whole", default: 0) == 3)
        #expect(client.value("whole", default: 0.0) == 3.0)
        #expect(client.value("exact", default: 0) == 4)
        #expect(client.value("part", default: 0.0) == 0.5)
        #expect(client.value("object", default: FlagValue.null)["a"] == 1)
        for details in [client.details("part", default: 7), client.details("text", default: 7)] {
            #expect(details.value == 7)
            #expect(details.errorCode == .typeMismatch)
            #expect(details.reason == .error)
        }
        let missing = client.details("nowhere", default: 1)
        #expect(missing.value == 1)
        #expect(missing.errorCode == .flagNotFound)
    }

    @Test("A client hears of its provider's events, and of those of the provider that takes its place")
    func events() async {
        let client = api.client(domain: "shop")
        var events = client.events().makeAsyncIterator()
        let first = TestProvider()
        await api.setProvider(first, domain: "shop")
        #expect(await events.next() == .ready)
        first.set("a", to: true)
        #expect(await events.next() == .configurationChanged(keys: ["a"]))
        let second = TestProvider()
        await api.setProvider(second, domain: "shop")
        #expect(await events.next() == .ready)
        first.set("b", to: true)
        second.set("c", to: true)
        #expect(await events.next() == .configurationChanged(keys: ["c"]))
        await api.shutdown()
        await api.setProvider(TestProvider(), domain: "shop")
        #expect(await events.next() == .ready)
    }

    @Test("A context of thousands of attributes is merged as one of few is: by their bytes, the later ones win")
    func largeContexts() {
        let many = (0..<5000).map { ("a\($0)", FlagValue.integer(Int64($0))) }
        let base = EvaluationContext(targetingKey: "u", attributes: many + [("a7", "twice"), ("\u{e9}", 1)])
        let merged = base.merging(EvaluationContext(attributes: [("e\u{301}", 2), ("a8", "new"), ("z", 3)]))
        #expect(base.attributes.count == 5001 && merged.attributes.count == 5003)
        #expect(base["a7"] == "twice" && base.attributes[7].name == "a7")
        #expect(merged["a8"] == "new" && merged["\u{e9}"] == 1 && merged["e\u{301}"] == 2 && merged["z"] == 3)
    }

    @Test("Contexts lie on one another: the API's, the transaction's, the client's, the call's, the hooks'")
    func contexts() async {
        let provider = TestProvider()
        provider.set("who") { context in context["who"] }
        await api.setProvider(provider)
        let client = api.client()
        func who() -> String { client.value("who", default: "nobody") }
        #expect(who() == "nobody")
        api.context = EvaluationContext(attributes: [("who", "api")])
        #expect(who() == "api")
        FlagAPI.$transactionContext.withValue(EvaluationContext(attributes: [("who", "transaction")])) {
            #expect(who() == "transaction")
            client.context = EvaluationContext(attributes: [("who", "client")])
            #expect(who() == "client")
        }
        let given = EvaluationContext(attributes: [("who", "call")])
        #expect(client.value("who", default: "", context: given) == "call")
        struct Adds: FlagHook {
            func before(_ call: FlagHookCall, hints: [FlagMember]) -> EvaluationContext? {
                EvaluationContext(attributes: [("who", "hook")])
            }
        }
        #expect(client.details("who", default: "", context: given, hooks: [Adds()]).value == "hook")
    }

    private final class Notes: FlagHook {
        struct Stop: Error {}
        let name: String
        let fails: String?
        let lines: Lines

        init(_ name: String, _ lines: Lines, fails: String? = nil) {
            (self.name, self.lines, self.fails) = (name, lines, fails)
        }

        func before(_ call: FlagHookCall, hints: [FlagMember]) throws -> EvaluationContext? {
            lines.add("\(name) before \(call.key) \(hints.map(\.name))")
            if fails == "before" { throw Stop() }
            return nil
        }
        func after(_ call: FlagHookCall, _ details: EvaluationDetails<FlagValue>, hints: [FlagMember]) throws {
            lines.add("\(name) after")
            if fails == "after" { throw Stop() }
        }
        func error(_ call: FlagHookCall, _ error: any Error, hints: [FlagMember]) { lines.add("\(name) error") }
        func finally(_ call: FlagHookCall, _ details: EvaluationDetails<FlagValue>, hints: [FlagMember]) {
            lines.add("\(name) finally \(details.reason.name)")
        }
    }

    private final class Lines: Sendable {
        private let all = Mutex<[String]>([])
        func add(_ line: String) { all.withLock { $0.append(line) } }
        func take() -> [String] {
            all.withLock { lines in
                defer { lines = [] }; return lines
            }
        }
    }

    @Test("Hooks run from the API's inwards, and back")
    func hooks() async {
        let lines = Lines()
        await api.setProvider(TestProvider(["flag": true]))
        api.add(hooks: [Notes("api", lines)])
        let client = api.client(domain: "shop")
        client.add(hooks: [Notes("client", lines)])
        let details = client.details(
            "flag", default: false, hooks: [Notes("call", lines)], hints: [FlagMember("hint", true)])
        #expect(details.value)
        #expect(
            lines.take() == [
                "api before flag [\"hint\"]", "client before flag [\"hint\"]", "call before flag [\"hint\"]",
                "call after",
                "client after", "api after", "call finally STATIC", "client finally STATIC", "api finally STATIC",
            ])
        #expect(client.details("nowhere", default: true).value)
        #expect(
            lines.take() == [
                "api before nowhere []", "client before nowhere []", "client error", "api error",
                "client finally ERROR", "api finally ERROR",
            ])
    }

    @Test("A hook that throws ends the evaluation with the default", arguments: ["before", "after"])
    func throwing(place: String) async {
        let lines = Lines()
        await api.setProvider(TestProvider(["flag": true]))
        let details = api.client().details("flag", default: false, hooks: [Notes("call", lines, fails: place)])
        #expect(details.value == false)
        #expect(details.errorCode == .general)
        #expect(lines.take().suffix(2) == ["call error", "call finally ERROR"])
    }

    @Test("Domains have providers of their own, and a replaced one is shut down once nobody uses it")
    func domains() async {
        let (first, second) = (TestProvider(["flag": 1]), TestProvider(["flag": 2]))
        await api.setProvider(first)
        await api.setProvider(second, domain: "shop")
        #expect(api.client().value("flag", default: 0) == 1)
        #expect(api.client(domain: "shop").value("flag", default: 0) == 2)
        #expect(api.client(domain: "other").value("flag", default: 0) == 1)
        await api.setProvider(second)
        #expect(first.status == .fatal)
        await api.setProvider(TestProvider(), domain: "shop")
        #expect(second.status == .ready)
        await api.shutdown()
        #expect(second.status == .fatal)
        #expect(api.client().value("flag", default: 9) == 9)
    }

    @Test("Tracking reaches the provider with the merged context")
    func tracking() async {
        let provider = TestProvider()
        await api.setProvider(provider)
        let client = api.client()
        client.context = EvaluationContext(targetingKey: "user-1")
        client.track("bought", details: TrackingDetails(value: 12.5, attributes: [FlagMember("currency", "EUR")]))
        #expect(provider.tracked.map(\.event) == ["bought"])
        #expect(provider.tracked.first?.context.targetingKey == "user-1")
        #expect(provider.tracked.first?.details.value == 12.5)
    }
}
