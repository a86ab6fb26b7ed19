public import Specs
import Values

/// How a change is made worse for a rehearsal: `errors=x3`, `latency=+25%`.
public struct Regression: Hashable, Sendable {
    /// How much worse.
    public enum Size: Hashable, Sendable {
        /// So many times as many bad events, or times as long.
        case factor(Double)
        /// So large a share of what would have gone well goes wrong.
        case share(Double)
    }

    /// As it was written.
    public var text: String
    /// Places in the checks that feel it.
    public var checks: [Int]
    /// The same for all of its checks.
    public var size: Size

    /// What is wrong with a text that says how much worse.
    public struct Problem: Error, Hashable, Sendable {
        /// What was wrong.
        public var message: String
        /// What to write instead.
        public var hint: String
    }

    /// Reads `errors=x3,latency=+25%`; each is a regression of its own.
    public static func read(_ text: String, checks: [CheckSpec]) throws(Problem) -> [Regression] {
        var found: [Regression] = []
        for part in text.split(separator: ",") {
            found.append(try Regression(part.filter { !$0.isWhitespace }, checks: checks))
        }
        guard !found.isEmpty else {
            throw Problem(message: "no regression is named", hint: "for example errors=x3,latency=+25%")
        }
        return found
    }

    private init(_ text: String, checks: [CheckSpec]) throws(Problem) {
        let written = text == "crash" ? "errors=100%" : text
        let parts = written.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw Problem(
                message: "'\(text)' does not say how much worse", hint: "for example errors=x3 or latency=+25%")
        }
        let places = try Regression.places(String(parts[0]), checks)
        let isLatency = places.allSatisfy { if case .latency = checks[$0].kind { true } else { false } }
        guard let size = Regression.size(parts[1], isLatency: isLatency) else {
            throw Problem(
                message: "'\(parts[1])' is no size of a regression",
                hint: isLatency
                    ? "for example x2 (twice as long) or +25%"
                    : "for example x3 (three times as many) or 2% (of all requests)")
        }
        self.init(text: text, checks: places, size: size)
    }

    init(text: String, checks: [Int], size: Size) {
        self.text = text
        self.checks = checks
        self.size = size
    }

    private static func places(_ word: String, _ checks: [CheckSpec]) throws(Problem) -> [Int] {
        if let place = checks.firstIndex(where: { $0.name == word }) { return [place] }
        let places = checks.indices.filter { index in
            switch checks[index].kind {
            case .ratio, .peers, .slo: return word == "errors"
            case .latency: return word == "latency"
            case .rate: return word == "rate"
            case .gauge, .guardrail, .web: return false
            }
        }
        guard places.isEmpty else { return places }
        let names = checks.map(\.name)
        let near = nearest(to: word, among: names + ["errors", "latency"])
        throw Problem(
            message: "no check feels '\(word)'",
            hint: (near.map { "did you mean \($0)? " } ?? "")
                + (names.isEmpty
                    ? "the service has no check that can be rehearsed" : "checks are \(names.joined(separator: ", "))"))
    }

    private static func size(_ word: Substring, isLatency: Bool) -> Size? {
        if word.hasPrefix("x"), let factor = Double(word.dropFirst()), factor > 0, factor <= 10_000 {
            return .factor(factor)
        }
        guard let share = Percentage(word.hasPrefix("+") ? word.dropFirst() : word), share.percent > 0 else {
            return nil
        }
        if isLatency { return share.percent <= 1_000_000 ? .factor(1 + share.fraction) : nil }
        return share.percent <= 100 ? .share(share.fraction) : nil
    }

    /// What is rehearsed when nothing is said: twice and five times the errors, all requests failing, and being slower.
    public static func usual(_ checks: [CheckSpec]) -> [Regression] {
        ["errors=x2", "errors=x5", "crash", "latency=+10%", "latency=+25%", "rate=x2"].flatMap { text in
            (try? Regression.read(text, checks: checks)) ?? []
        }
    }
}
