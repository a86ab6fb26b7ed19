import FlagSpecs
import Ports
import Testing
import Wire

@testable import FlagRegistry

@Suite("Why a managed flag answers as it does")
struct ExplainTests {
    private let flags = """
        flags:
          payments: { state: ENABLED, variants: { on: true, off: false }, defaultVariant: off, bucketBy: targetingKey, targeting: { fractional: [[on, 50], [off, 50]] } }
          cart:
            state: ENABLED
            variants: { on: true, off: false }
            defaultVariant: off
            prerequisites: [{ flag: payments, variant: on, otherwise: off }]
            layer: { name: checkout, from: 0, to: 5000 }
            holdouts: [untouched]
            targeting: { if: [{ "==": [{ var: plan }, gold] }, on, { "==": [{ var: plan }, tin] }, off] }
            ramp: { to: on, steps: [{ share: 10%, after: 0s }] }
        """

    private func explain(_ context: String, _ world: World) async throws -> FlagEvaluationView {
        try await world.flags.evaluate(
            flag: "cart", environment: "production", FlagEvaluationRequest(context: context))
    }

    @Test(
        "holdouts, layers, prerequisites, rules and shares are told in their author's words, and agree with what is served"
    )
    func words() async throws {
        let world = try await World()
        try await world.apply("kind: Holdout\nname: untouched\nshare: 20%")
        try await world.apply(flags)
        var reasons: Set<String> = []
        for number in 0..<200 {
            let answer = try await explain(
                #"{"targetingKey": "u\#(number)", "plan": "\#(number % 3 == 0 ? "gold" : "x")"}"#, world)
            let served = try world.answer("cart", "u\(number)")
            let text = answer.explanation.joined(separator: "\n")
            if number % 3 != 0 { #expect(answer.variant == served, "\(text)") }
            #expect(answer.explanation[0].contains("cart answers '\(answer.variant ?? "")'"), "\(text)")
            reasons.insert(String(answer.explanation[0].split(separator: ":")[1].prefix(20)))
            guard text.contains("✗ payments") else { continue }
            // All three let it through: its own rules or the ramp decide.
            #expect(number % 3 == 0 ? answer.rule == 1 : answer.bucket?.total == 100, "\(text)")
            #expect(text.contains("of 100000") && text.contains("of 10000") && text.contains("payments answers 'on'"))
        }
        #expect(reasons.count >= 5, "\(reasons)")
        let nobody = try await explain("{}", world)
        #expect(nobody.explanation.contains { $0.contains("targetingKey is not set") }, "\(nobody.explanation)")
    }
}
