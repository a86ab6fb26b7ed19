import Flags
import Testing

@testable import HalcyonClient

@Suite("Parts of the SDK")
struct PartsTests {
    @Test("Waits are drawn from 0 up, and grow to their limit")
    func backOff() {
        var generator = SystemRandomNumberGenerator()
        var backOff = BackOff(first: .milliseconds(100), longest: .seconds(2))
        var longest = Duration.zero
        for attempt in 0..<200 {
            let wait = backOff.next(using: &generator)
            #expect(wait >= .zero && wait <= min(.milliseconds(100) * (1 << min(attempt, 10)), .seconds(2)))
            longest = max(longest, wait)
        }
        #expect(longest > .seconds(1))
        backOff.reset()
        #expect(backOff.next(using: &generator) <= .milliseconds(100))
    }

    @Test("Counts of replaced flags are kept, and what could not be sent comes again")
    func usage() throws {
        let book = UsageBook()
        for number in 0..<5 {
            let snapshot = try compiled(flagSet(new: true, extra: ", \"n\(number)\": \(one)"))
            book.follow(snapshot)
            let flag = try #require(snapshot.index(of: "n\(number)"))
            for _ in 0...number { snapshot.counters.count(flag: flag, variant: 0) }
        }
        let taken = book.take()
        #expect(taken.count == 5)
        #expect(taken[UsageBook.Entry(flag: "n4", variant: "a")] == 5)
        book.giveBack(taken)
        #expect(book.take() == taken)
        #expect(book.take().isEmpty)
    }

    /// Compiled flags, and nothing else.
    private final class CellProvider: FlagProvider {
        let name = "cell"
        let status = ProviderStatus.ready
        let cell: SnapshotCell?

        init(_ snapshot: FlagSnapshot) { cell = SnapshotCell(snapshot) }

        func resolve(_ key: String, as kind: FlagKind, in context: EvaluationContext) -> ProviderAnswer {
            ProviderAnswer(value: nil, reason: .default)
        }
        func events() -> AsyncStream<ProviderEvent> { AsyncStream { $0.finish() } }
    }

    @Test("A bound context follows its provider to new flags, and its client to another provider, or to none")
    func bound() async throws {
        let api = FlagAPI()
        let client = api.client(domain: "shop")
        var user = client.bind()
        #expect(client.value("new", default: true, in: &user))
        let first = CellProvider(try compiled(flagSet(new: false)))
        await api.setProvider(first, domain: "shop")
        #expect(!client.value("new", default: true, in: &user))
        first.cell?.publish(try compiled(flagSet(new: true)))
        #expect(client.value("new", default: false, in: &user))
        await api.setProvider(CellProvider(try compiled(flagSet(new: false))), domain: "shop")
        #expect(!client.value("new", default: true, in: &user))
        #expect(client.value("rate", default: 0, in: &user) == 0.5)
        #expect(client.value("size", default: "none", in: &user) == "none")
        await api.shutdown()
        #expect(client.value("new", default: true, in: &user))
    }

    private let one = #"{"state": "ENABLED", "variants": {"a": true}, "defaultVariant": "a"}"#
}
