import Wire

/// A context that somebody tries a flag with, and the answer with its reasons.
struct FlagTrial: Sendable {
    /// JSON, as it was typed; empty before anything was tried.
    var context: String
    var answer: FlagEvaluationView?
    var problem: Problem?

    private static let example = "{\n  \"targetingKey\": \"user-7\"\n}"

    func section(_ flag: FlagView) -> Markup {
        Web.section("Try it", id: "evaluate", note: "what a caller would get, and why; nothing is counted") {
            tag(
                "form", .class("editor"), .named("method", "get"), .flag("data-in-place"),
                .named("action", Link.flag(flag.key, in: flag.environment).text)
            ) {
                // A key that cannot stand in a path stands in the query, which a form replaces.
                if [".", "..", ""].contains(flag.key) { hiddenField("key", flag.key) }
                tag("label") {
                    tag("span") { "Evaluation context, as JSON" }
                    tag(
                        "textarea", .id("context"), .class("code"), .named("name", "context"), .named("rows", 5),
                        .named("spellcheck", "false"), .named("autocapitalize", "off"), .named("wrap", "off")
                    ) { "\n" + (context.isEmpty ? FlagTrial.example : context) }
                }
                tag("div", .class("actions")) {
                    tag("button", .class("button", "plain"), .named("type", "submit")) { "Evaluate" }
                }
            }
            tag("div", .class("answer"), .id("answer"), .named("aria-live", "polite")) {
                if let problem { self.refusal(problem) }
                if let answer { self.explanation(answer) }
            }
        }
    }

    private func refusal(_ problem: Problem) -> Markup {
        var problem = problem
        if let place = problem.places.first {
            problem.message += ", line \(place.line), column \(place.column): \(place.message)"
        }
        return ProblemNotice(problem: problem).markup
    }

    private func explanation(_ answer: FlagEvaluationView) -> Markup {
        group {
            tag("p", .class("verdict")) {
                if let variant = answer.variant {
                    tag("strong") { variant }
                    " "
                }
                if let value = answer.value { code(value) } else { tag("span") { "the caller's default" } }
                tag("span", .class("tag")) { answer.errorCode ?? answer.reason }
            }
            tag("ol", .class("why")) {
                for line in answer.explanation { ReasonLine(line).markup }
            }
        }
    }
}

/// One line of an explanation: how deep in the rule it is, what came of it, and the words.
struct ReasonLine: Sendable {
    var depth: Int
    var sign: Sign?
    var text: String

    /// Deeper than this, nothing moves to the right any more.
    private static let deepest = 8

    private static let signs: [Character: Sign] = [
        "✓": Sign(shape: .check, word: "matches: ", tone: .good),
        "✗": Sign(shape: .cross, word: "does not match: ", tone: .idle),
        "·": Sign(shape: .dot, word: "not reached: ", tone: .idle),
        "→": Sign(shape: .arrow, word: "so: ", tone: .busy),
    ]

    init(_ line: String) {
        let words = line.drop { $0 == " " }
        depth = min((line.count - words.count) / 2, ReasonLine.deepest)
        sign = words.dropFirst().first == " " ? words.first.flatMap { ReasonLine.signs[$0] } : nil
        text = String(sign == nil ? words : words.dropFirst(2))
    }

    var markup: Markup {
        tag("li", .class("depth-\(depth)", sign.map { "tone-\($0.tone.rawValue)" } ?? "")) {
            if let sign {
                sign.shape.icon
                hidden(sign.word)
            }
            tag("span") { text }
        }
    }
}
