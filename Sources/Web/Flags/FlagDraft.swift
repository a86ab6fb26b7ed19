import Documents
import FlagSpecs
import Wire

/// What somebody typed into a form of a flag's page, and what became of it.
struct FlagDraft: Sendable {
    var form: FlagForm
    /// As they were sent.
    var fields: [String: String]
    var problem: Problem?
    /// What was changed by others since the form was shown, newest first.
    var meanwhile: [FlagEventView] = []
    /// The flag's revision then; the form goes on from there.
    var revision: Int64?
    /// What would become of it.
    var answer: FlagChangeAnswer?

    var reason: String { String((fields["reason"] ?? "").prefix(500)) }
    var base: Int64? { fields["revision"].flatMap { Int64($0) } }

    private static let sharePrefix = "share:"

    /// What messages call the text that is being typed.
    static let editor = "the editor"

    static func shareField(_ variant: String) -> String { sharePrefix + variant }

    /// What the form asks for. JSON is read here, so that a slip is told with its line before anything else is looked at.
    func edits() throws(Problem) -> [FlagEdit] {
        switch form {
        case .targeting:
            let text = fields["document"] ?? ""
            if text.allSatisfy(\.isWhitespace) { return [FlagEdit(.targeting)] }
            try FlagDraft.checkJSON(text)
            return [FlagEdit(.targeting, document: text, file: FlagDraft.editor)]
        case .definition:
            let text = fields["document"] ?? ""
            try FlagDraft.checkJSON(text)
            return [FlagEdit(.put, document: text, file: FlagDraft.editor)]
        case .rollout: return [FlagEdit(.rollout, shares: try shares())]
        case .describe:
            let tags = (fields["tags"] ?? "").split { $0 == "," || $0 == " " }.map(String.init)
            return [
                FlagEdit(
                    .describe, description: fields["description"], owner: fields["owner"], tags: tags,
                    expires: fields["expires"])
            ]
        }
    }

    private func shares() throws(Problem) -> [FlagShare] {
        var shares: [FlagShare] = []
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) where name.hasPrefix(FlagDraft.sharePrefix) {
            let variant = String(name.dropFirst(FlagDraft.sharePrefix.count))
            let text = value.filter { $0 != " " && $0 != "%" }
            guard let percent = Double(text.isEmpty ? "0" : text), (0...100).contains(percent) else {
                throw Problem(.invalid, "“\(value)” is not a share of \(variant)", hint: "write a number from 0 to 100")
            }
            shares.append(FlagShare(variant: variant, share: "\(percent)%"))
        }
        return shares
    }

    private static func checkJSON(_ text: String) throws(Problem) {
        let (node, issues) = JSONParser.parse(Array(text.utf8), file: editor)
        guard node == nil else { return }
        throw Problem(
            .invalid, "this is not JSON yet",
            places: issues.map { issue in
                Problem.Place(
                    file: issue.file, line: issue.line, column: issue.column, path: issue.path, message: issue.message,
                    hint: issue.hint)
            })
    }
}

/// What a form would do, shown below it while it is filled in.
struct FlagCheck: Sendable {
    var draft: FlagDraft
    /// As it is without the draft.
    var flag: FlagView

    func markup(_ scene: Scene) -> Markup {
        group {
            if !draft.meanwhile.isEmpty { meanwhile(scene) }
            if let problem = draft.problem { self.problem(problem) }
            if let answer = draft.answer { outcome(answer) }
        }
    }

    private func meanwhile(_ scene: Scene) -> Markup {
        tag("div", .class("notice", "tone-attention"), .named("role", "alert")) {
            Shape.hand.icon
            tag("div") {
                tag("strong") { "Somebody changed this flag meanwhile. What you typed is still here." }
                for event in draft.meanwhile {
                    tag("p") {
                        FlagEventWords.sentence(event)
                        " "
                        Moments.relative(event.at, now: scene.now)
                    }
                    DiffList(lines: event.diff).markup
                }
                tag("p") { "Saving again makes your change on top of this one." }
            }
        }
    }

    private func problem(_ problem: Problem) -> Markup {
        tag("div", .class("notice", "tone-bad"), .named("role", "alert")) {
            Shape.cross.icon
            tag("div") {
                tag("strong") { Figures.sentence(FlagCheck.finding(problem)) }
                if !problem.places.isEmpty {
                    tag("ul", .class("places")) {
                        for place in problem.places.prefix(20) { tag("li") { self.place(place) } }
                    }
                }
                if let hint = problem.hint { tag("p") { hint } }
            }
        }
    }

    /// What is wrong. That nothing was changed by it goes without saying while one still types.
    private static func finding(_ problem: Problem) -> String {
        let known = "nothing was changed: "
        return problem.message.hasPrefix(known) ? String(problem.message.dropFirst(known.count)) : problem.message
    }

    private func place(_ place: Problem.Place) -> Markup {
        group {
            if isTyped(place), place.line > 0 {
                tag(
                    "button", .class("link"), .named("type", "button"),
                    .named("data-place", "\(place.line):\(place.column)")
                ) { "Line \(place.line), column \(place.column)" }
                ": "
            } else if !place.path.isEmpty {
                code(place.path)
                ": "
            }
            place.message
            if let hint = place.hint { tag("span", .class("muted")) { " (\(hint))" } }
        }
    }

    /// Whether a place is in the text that was typed, and not elsewhere in the flag or the set.
    private func isTyped(_ place: Problem.Place) -> Bool {
        guard place.file == FlagDraft.editor else { return false }
        // Of a flag whose targeting is typed, the rest comes from the store.
        return draft.form != .targeting || !place.path.hasPrefix("flags") || place.path.contains("targeting")
    }

    /// The text before and after, of a form that is a text.
    private var texts: (old: String, new: String)? {
        guard let new = draft.fields["document"] else { return nil }
        return (draft.form == .targeting ? flag.managed?.text(of: "targeting") ?? "" : flag.document, new)
    }

    private func outcome(_ answer: FlagChangeAnswer) -> Markup {
        group {
            if answer.diff.isEmpty {
                tag("p", .class("muted")) { "Nothing would change." }
            } else {
                tag("p", .class("calm")) {
                    Shape.check.icon
                    tag("span") {
                        answer.outcome == .proposed
                            ? "This is valid. Saving proposes it to a second person:" : "This is valid. Saving changes:"
                    }
                }
                ChangeList(lines: answer.diff, old: texts?.old, new: texts?.new).markup
            }
            for warning in answer.warnings { tag("p", .class("warning")) { warning } }
        }
    }
}

/// What was done to a flag, in words.
enum FlagEventWords {
    static func sentence(_ event: FlagEventView) -> String {
        let deeds = event.action.split(separator: ",").map { words(String($0.filter { $0 != " " })) }
        let reason = event.reason.isEmpty ? "" : ": \(event.reason)"
        let approval = event.approvedBy.map { ", approved by \($0)" } ?? ""
        return Figures.sentence(deeds.joined(separator: ", ")) + " by \(event.by)\(approval)\(reason)"
    }

    private static func words(_ action: String) -> String {
        switch action {
        case "on": return "turned on"
        case "off": return "turned off"
        case "put": return "defined"
        case "delete": return "deleted"
        case "default": return "default changed"
        case "targeting": return "targeting changed"
        case "target": return "rule added"
        case "untarget": return "rule removed"
        case "rollout": return "rollout changed"
        case "schedule": return "change scheduled"
        case "unschedule": return "schedule cancelled"
        case "ramp": return "ramp started"
        case "endRamp": return "ramp stopped"
        case "archive": return "archived"
        case "unarchive": return "brought back"
        case "describe": return "described"
        case "revert": return "reverted"
        case "copy": return "copied"
        case "import": return "imported"
        case "apply": return "applied"
        default: return action
        }
    }
}
