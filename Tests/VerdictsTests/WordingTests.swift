import Testing
import Values

@testable import Verdicts

@Suite("Numbers in sentences")
struct WordingTests {
    @Test(
        "have the digits that a person can use",
        arguments: [
            (0.0, "0"), (5.23, "5.2"), (0.506, "0.51"), (0.05, "0.05"), (0.0123, "0.012"), (99.96, "100"), (100, "100"),
            (1204, "1,204"), (1_234_567, "1,234,567"), (-2.5, "-2.5"), (14.4, "14.4"), (.nan, "NaN"), (12, "12"),
            (0.000_000_1, "0"),
        ])
    func numbers(number: Double, text: String) {
        #expect(numberText(number) == text)
    }

    @Test("hosts are named, but not too many")
    func hosts() {
        #expect(hostsText(["b", "a"]) == "a and b")
        #expect(hostsText(["a", "a"]) == "a")
        #expect(hostsText(["a", "b", "c", "d"]) == "a, b, c and d")
        #expect(hostsText((1...9).map { "h\($0)" }) == "h1, h2, h3 and 6 more")
    }

    @Test("ages are short")
    func ages() {
        #expect(ageText(.seconds(60)) == "60 s")
        #expect(ageText(.minutes(5)) == "5 min")
        #expect(ageText(.hours(3)) == "3 h")
    }
}
