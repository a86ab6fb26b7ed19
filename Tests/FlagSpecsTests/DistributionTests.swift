import Documents
import Testing
import Values

@testable import FlagSpecs

@Suite("How those whom no rule answers are distributed")
struct DistributionTests {
    private func flag(_ more: String = "") throws -> ManagedFlag {
        let text = #"{"variants": {"a": 1, "b": 2, "c": 3}, "defaultVariant": "c"\#(more.isEmpty ? "" : ", \(more)")}"#
        return ManagedFlag(key: "f", node: try node(text))
    }

    private func text(_ shares: [(variant: String, share: Percentage)]?) -> String? {
        shares.map { $0.map { "\($0.variant) \($0.share)" }.joined(separator: ", ") }
    }

    private func distributed(_ flag: ManagedFlag, _ shares: [String: String]) throws -> String? {
        try flag.distributed(shares.map { FlagShare(variant: $0.key, share: $0.value) })?.jsonText
    }

    @Test("the default gets everything, or a variant, or each its part; an expression cannot be told in shares")
    func present() throws {
        #expect(try text(flag().distribution) == "c 100%")
        #expect(try text(flag(#""targeting": {"if": [{"var": "x"}, "a", "b"]}"#).distribution) == "b 100%")
        let split = #""targeting": {"fractional": [["a", 1], ["b", 2], ["a", 1], ["c", 0]]}"#
        #expect(try text(flag(split).distribution) == "a 50%, b 50%")
        #expect(try flag(#""targeting": {"fractional": [["a", {"var": "n"}]]}"#).distribution == nil)
    }

    @Test("a ramp takes its share from everybody else")
    func ramp() throws {
        let ramp = #""ramp": {"to": "b", "steps": [{"share": "20%"}, {"share": "100%"}], "step": "#
        let split = #""targeting": {"fractional": [["a", 50], ["b", 25], ["c", 25]]}, "#
        #expect(try text(flag("\(ramp)0}").presentShares) == "c 100%")
        #expect(try text(flag("\(ramp)1}").presentShares) == "b 20%, c 80%")
        #expect(try text(flag("\(split)\(ramp)1}").presentShares) == "b 40%, a 40%, c 20%")
        #expect(try text(flag("\(split)\(ramp)2}").presentShares) == "b 100%")
    }

    @Test("new shares keep the order of the buckets, and the default comes last")
    func distribute() throws {
        let start = try flag()
        #expect(try distributed(start, ["c": "70%", "a": "30%"]) == #"{"fractional":[["a",30],["c",70]]}"#)
        #expect(try distributed(start, ["c": "100%", "a": "0%"]) == nil)
        let split = try flag(#""targeting": {"fractional": [["c", 60], ["a", 40]]}"#)
        #expect(
            try distributed(split, ["a": "12.5%", "b": "0%", "c": "87.5%"]) == #"{"fractional":[["c",875],["a",125]]}"#)
        for wrong in [["a": "50%"], ["a": "much", "c": "50%"], ["d": "100%"], ["a": "101%"]] {
            #expect(throws: FlagEditProblem.self) { try distributed(start, wrong) }
        }
    }
}
