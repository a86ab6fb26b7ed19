import Flags
import Foundation
import Testing

@testable import HalcyonClient

@Suite("What the SDK measures")
struct MeasureTests {
    private func flags(share: Double, rules: Int = 0) throws -> FlagSnapshot {
        let rule = rules > 0 ? #"{"if": [{"==": [{"var": "country"}, "DE"]}, "on", SPLIT]}"# : "SPLIT"
        let split = #"{"fractional": [["on", \#(Int(share))], ["off", \#(100 - Int(share))]]}"#
        return try compiled(
            """
            {"flags": {"new": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
              "targeting": \(rule.replacing("SPLIT", with: split)),
              "metadata": {"halcyon.rollout": "new@production-1", "halcyon.share": \(share), "halcyon.rules": \(rules)}}}}
            """)
    }

    private struct Broken: Error {}

    private func client(_ provider: HalcyonProvider) async -> FlagClient {
        let api = FlagAPI()
        await api.setProvider(provider)
        return api.client()
    }

    /// A provider that has flags and follows nobody.
    private func provider(_ snapshot: FlagSnapshot) throws -> HalcyonProvider {
        let path = FileManager.default.temporaryDirectory.path + "/halcyon-measure-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FlagFile.write(snapshot, to: path)
        return HalcyonProvider(
            HalcyonConfiguration(server: "http://127.0.0.1:1", lastKnownFile: path, usageInterval: nil))
    }

    private func sums(_ provider: HalcyonProvider, _ variant: String) throws -> [String: Int64] {
        let report = try #require(provider.measures.report())
        guard case .list(let flags)? = report["flags"] else { return [:] }
        var sums: [String: Int64] = [:]
        for flag in flags where flag["variant"] == .string(variant) {
            for name in ["requests", "errors", "micros"] {
                if case .integer(let number)? = flag[name] { sums[name] = number }
            }
            guard case .list(let events)? = flag["events"] else { continue }
            for event in events {
                if case .string(let name)? = event["event"], case .integer(let count)? = event["count"] {
                    sums["event \(name)"] = count
                }
            }
        }
        return sums
    }

    @Test("blocks and their failures are counted by variant; being cancelled is no failure, and a result may be one")
    func blocks() async throws {
        let provider = try provider(try flags(share: 50))
        let client = await client(provider)
        var given = 0
        for number in 0..<400 {
            let context = EvaluationContext(targetingKey: "u-\(number)")
            let isOn = client.value("new", default: false, context: context)
            if isOn { given += 1 }
            try? client.measure("new", default: false, context: context) { value throws(Broken) in
                #expect(value == isOn)
                if value, number % 2 == 0 { throw Broken() }
            }
        }
        let on = try sums(provider, "on")
        #expect(on["requests"] == Int64(given) && (140...260).contains(given))
        #expect((60...140).contains(on["errors"] ?? 0))
        #expect(try sums(provider, "off")["errors"] == 0)
        let someone = EvaluationContext(targetingKey: "u-1")
        let before = try sums(provider, "on")["requests", default: 0] + sums(provider, "off")["requests", default: 0]
        try? await client.measure("new", default: false, context: someone) { _ async throws in
            throw CancellationError()
        }
        let answer = await client.measure("new", default: false, context: someone, isFailure: { $0 == 500 }) {
            _ async in 500
        }
        #expect(answer == 500)
        let after = try sums(provider, "on")["requests", default: 0] + sums(provider, "off")["requests", default: 0]
        #expect(after == before + 1)
    }

    @Test("those whom a rule answers are not compared, nor drawn, while a share decides")
    func ruled() async throws {
        let provider = try provider(try flags(share: 50, rules: 1))
        let client = await client(provider)
        for number in 0..<200 {
            let german = EvaluationContext(targetingKey: "u-\(number)", attributes: [("country", "DE")])
            client.measure("new", default: false, context: german) { _ in }
            client.track("bought", context: german)
        }
        #expect(try sums(provider, "on").isEmpty)
        for number in 0..<200 {
            let french = EvaluationContext(targetingKey: "f-\(number)", attributes: [("country", "FR")])
            client.measure("new", default: false, context: french) { _ in }
            client.track("bought", context: french)
        }
        let on = try sums(provider, "on")
        #expect((60...140).contains(on["requests"] ?? 0) && on["requests"] == on["event bought"], "\(on)")
        let report = try #require(provider.measures.report())
        guard case .list(let exposures)? = report["exposures"], let seen = exposures.first else {
            Issue.record("no exposures: \(report)")
            return
        }
        #expect(seen["keys"] == .integer(400) && seen["crossed"] == .integer(0), "\(seen)")
    }

    @Test("keys are remembered in bounded memory, in the shares that they have")
    func bounded() {
        let mark = MeasureBook.Mark(rollout: "r", share: "5.0", isSplit: true, rules: 0)
        var keys = ExposedKeys(mark: mark)
        var generator = SystemRandomNumberGenerator()
        for number in 0..<100_000 {
            keys.note(generator.next(), number % 20 == 0 ? "on" : "off", isDrawn: true)
        }
        guard case .list(let drawn)? = keys.value(flag: "f")["drawn"] else { return }
        let counts = drawn.reduce(into: [String: Double]()) { counts, entry in
            if case .string(let variant)? = entry["variant"], case .integer(let count)? = entry["count"] {
                counts[variant] = Double(count)
            }
        }
        let all = counts.values.reduce(0, +)
        #expect(all > 4000 && all < 60_000)
        #expect(abs((counts["on"] ?? 0) / all - 0.05) < 0.02)
    }

    @Test("a key that is given both variants is noted once")
    func crossed() {
        var keys = ExposedKeys(mark: MeasureBook.Mark(rollout: "r", share: "5.0", isSplit: true, rules: 0))
        for variant in ["on", "off", "on", "off"] { keys.note(1, variant, isDrawn: true) }
        keys.note(2, "on", isDrawn: true)
        #expect(keys.value(flag: "f")["crossed"] == .integer(1) && keys.value(flag: "f")["keys"] == .integer(2))
    }
}
