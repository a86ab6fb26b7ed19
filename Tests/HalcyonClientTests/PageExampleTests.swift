import HalcyonClient
import Synchronization
import Testing

/// The examples of docs/sdk-swift.md, which `SwiftExampleTests` compares with the page.
@Suite("The examples in the page of the Swift SDK")
struct PageExampleTests {
    private struct Request {
        var user: String
    }

    @Test("A transaction's context holds for everything within")
    func transaction() async {
        let request = Request(user: "user-1")
        let seen = Mutex<String?>(nil)
        func handle(_ request: Request) async {
            seen.withLock { $0 = FlagAPI.transactionContext?.targetingKey }
        }

        await FlagAPI.$transactionContext.withValue(EvaluationContext(targetingKey: request.user)) {
            await handle(request)
        }

        #expect(seen.withLock { $0 } == "user-1")
    }

    @Test("A context is bound once for many evaluations")
    func binding() {
        let client = FlagAPI().client()
        let user = "user-1"

        var bound = client.bind(EvaluationContext(targetingKey: user))
        let isNew = client.value("new-checkout", default: false, in: &bound)
        let limit = client.value("limit", default: 5.0, in: &bound)

        #expect(!isNew)
        #expect(limit == 5)
    }

    @Test("The code behind a flag is measured, and gives what it gives")
    func measuring() async throws {
        struct Answer {
            var status: Int
        }
        let client = FlagAPI().client()
        let user = EvaluationContext(targetingKey: "user-1")
        let (query, cart) = ("shoes", 3)
        func indexed(_ query: String) async throws -> Answer { Answer(status: 500) }
        func scanned(_ query: String) async throws -> Answer { Answer(status: 200) }
        func newCheckout(_ cart: Int) async throws -> Int { cart + 1 }
        func oldCheckout(_ cart: Int) async throws -> Int { cart }

        let answer = try await client.measure(
            "new-search", default: false, context: user, isFailure: { $0.status >= 500 }
        ) { isNew in
            try await isNew ? indexed(query) : scanned(query)
        }
        let receipt = try await client.measure("new-checkout", default: false, context: user) { isNew in
            isNew ? try await newCheckout(cart) : try await oldCheckout(cart)
        }

        #expect(answer.status == 200 && receipt == 3)
    }

    @Test("A test sets flags, and counts evaluations")
    func testing() async {
        let api = FlagAPI()
        let client = api.client()

        let flags = TestProvider(["new-checkout": true])
        await api.setProvider(flags)
        flags.set("limit") { context in context.targetingKey == "user-1" ? 5 : nil }
        #expect(client.value("new-checkout", default: false))
        #expect(flags.evaluations(of: "new-checkout") == 1)

        let user = EvaluationContext(targetingKey: "user-1")
        #expect(client.value("limit", default: 0, context: user) == 5)
    }
}
