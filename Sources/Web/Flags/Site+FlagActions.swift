import FlagSpecs
import Ports
import Wire

// What a person asks of a flag: first what would change, then the deed.
extension Site {
    /// What would change if the reader said yes.
    func question(
        _ verb: FlagVerb, _ key: String, _ environment: String, _ query: [String: String], _ scene: Scene
    ) async throws(Problem) -> FlagQuestion {
        let principal = try steering(scene)
        let control = try control
        var question = FlagQuestion(verb: verb, environment: try await control.environment(environment), key: key)
        // In this order, so that the same question has the same address.
        for name in ["to", "source", "proposal", "from"] {
            if let value = query[name] { question.fields.append((name, value)) }
        }
        let flag = try? await control.flag(key, environment: environment)
        question.revision = flag?.revision ?? 0
        if verb == .copy || verb == .approve || verb == .reject { question.revision = nil }
        do throws(Problem) {
            let preview = try await perform(question, query, reason: "", dryRun: true, by: principal)
            question.diff = preview.diff
            question.kind = preview.kind
            question.old = preview.kind == "flag" ? flag?.document ?? "" : nil
            question.new = preview.new
            question.notes = preview.notes
            if preview.outcome == .unchanged {
                question.notes.append("There is nothing to change: it is so already.")
                question.isPossible = false
            }
        } catch {
            question.problem = error
            question.isPossible = false
        }
        return question
    }

    /// A form that arrives at a flag's address.
    func actOnFlag(
        _ key: String, in environment: String, _ request: PageRequest, _ scene: Scene
    ) async throws(Problem) -> PageResponse {
        let principal = try steering(scene)
        if let form = request.query["do"].flatMap(FlagForm.init) {
            return try await save(form, key, environment, request, scene, principal)
        }
        guard let verb = request.query["do"].flatMap(FlagVerb.init) else {
            throw Problem(.notFound, "A flag cannot be told to do this.")
        }
        var question = try await question(verb, key, environment, request.query, scene)
        question.reason = FlagDraft(form: .describe, fields: request.form).reason
        if question.revision != nil, let seen = request.form["revision"].flatMap({ Int64($0) }) {
            question.revision = seen
        }
        do throws(Problem) {
            let done = try await perform(
                question, request.query, reason: question.reason, dryRun: false, by: principal)
            return .redirect(to: await afterwards(question, done.outcome, request.query["from"]))
        } catch {
            // The question again, with why and what was typed; saying yes to it means the flag as it is now.
            var again = try await self.question(verb, key, environment, request.query, scene)
            again.reason = question.reason
            again.problem = error
            return .page(again.page(scene), scene, request, status: error.kind.status)
        }
    }

    private struct Deed {
        var outcome: FlagChangeAnswer.Outcome
        var diff: [String] = []
        var notes: [String] = []
        var kind = "flag"
        /// The flag's document then, when it is known.
        var new: String?
    }

    private func perform(
        _ question: FlagQuestion, _ query: [String: String], reason: String, dryRun: Bool, by principal: Principal
    ) async throws(Problem) -> Deed {
        let control = try control
        let (key, environment) = (question.key, question.environment.name)
        switch question.verb {
        case .approve, .reject: return try await decide(question, query, reason, dryRun, principal)
        case .copy:
            let answer = try await control.copy(
                to: environment,
                FlagCopyRequest(from: query["source"] ?? "", keys: [key], reason: reason, dryRun: dryRun), by: principal
            )
            let isProposed = !answer.proposals.isEmpty
            return Deed(
                outcome: answer.items.isEmpty ? .unchanged : isProposed ? .proposed : .changed,
                diff: answer.items.flatMap { item in
                    item.changes.isEmpty
                        ? ["\(item.kind) \(item.name): \(item.outcome.rawValue)"]
                        : item.changes.map { "\(item.name): \($0)" }
                }, notes: answer.notes)
        case .revert:
            let answer = try await control.revert(
                flag: key, environment: environment,
                FlagRevertRequest(
                    to: query["to"].flatMap { Int64($0) }, revision: question.revision, reason: reason, dryRun: dryRun),
                by: principal)
            return Deed(
                outcome: answer.outcome, diff: answer.diff, notes: answer.warnings, new: answer.flag?.document)
        default:
            let answer = try await control.change(
                flag: key, environment: environment,
                FlagChangeRequest(
                    edits: question.verb.edit.map { [$0] } ?? [], revision: question.revision, reason: reason,
                    dryRun: dryRun), by: principal)
            return Deed(
                outcome: answer.outcome, diff: answer.diff, notes: answer.warnings, new: answer.flag?.document)
        }
    }

    private func decide(
        _ question: FlagQuestion, _ query: [String: String], _ reason: String, _ dryRun: Bool, _ principal: Principal
    ) async throws(Problem) -> Deed {
        let control = try control
        let proposal = try await control.proposal(query["proposal"] ?? "")
        guard proposal.key == question.key, proposal.environment == question.environment.name else {
            throw Problem(.notFound, "There is no such proposal for \(question.key).")
        }
        if dryRun {
            if question.verb == .approve, proposal.by == principal.name {
                throw Problem(
                    .refused, "You proposed this change yourself.", hint: "Another person must approve it.")
            }
            return Deed(outcome: .changed, diff: proposal.diff, kind: proposal.kind, new: proposal.document)
        }
        if question.verb == .approve {
            _ = try await control.approve(proposal: proposal.id, reason: reason, by: principal)
        } else {
            _ = try await control.reject(proposal: proposal.id, reason: reason, by: principal)
        }
        return Deed(outcome: .changed)
    }

    /// Where one goes after a deed, with a word about it. A flag that is gone has no page.
    private func afterwards(
        _ question: FlagQuestion, _ outcome: FlagChangeAnswer.Outcome, _ from: String?
    ) async -> Link {
        let environment = question.environment.name
        let done = FlagOutcome.mark(question.verb.rawValue, outcome)
        let flag = try? await control.flag(question.key, environment: environment)
        if from == nil, flag != nil { return .flag(question.key, in: environment, query: [("done", done)]) }
        let list = from.flatMap(FlagsHead.List.init) ?? .flags
        let show = list == .flags ? [("flag", question.key)] : [("show", list.rawValue)]
        return .flags(environment, query: show + [("done", done)])
    }

    // MARK: Forms

    /// Saves what a form of the flag's page says, or only says what would come of it.
    private func save(
        _ form: FlagForm, _ key: String, _ environment: String, _ request: PageRequest, _ scene: Scene,
        _ principal: Principal
    ) async throws(Problem) -> PageResponse {
        let control = try control
        let isCheck = request.form["check"] != nil || request.query["fragment"] == "check"
        var draft = FlagDraft(form: form, fields: request.form)
        var change = FlagChangeRequest(edits: [], revision: draft.base, reason: draft.reason, dryRun: isCheck)
        do throws(Problem) {
            change.edits = try draft.edits()
            let answer = try await control.change(flag: key, environment: environment, change, by: principal)
            guard isCheck else {
                let done = FlagOutcome.mark(form.rawValue, answer.outcome)
                return .redirect(to: .flag(key, in: environment, query: [("done", done)]))
            }
            draft.answer = answer
        } catch {
            draft.problem = error
            let flag = try await control.flag(key, environment: environment)
            if error.kind == .conflict, let base = draft.base, base != flag.revision {
                try await reconcile(&draft, change, with: flag, since: base, by: principal)
            }
        }
        let status = isCheck ? 200 : draft.problem?.kind.status ?? (draft.meanwhile.isEmpty ? 200 : 409)
        if request.query["fragment"] == "check" {
            let flag = try await control.flag(key, environment: environment)
            return .fragment(FlagCheck(draft: draft, flag: flag).markup(scene))
        }
        return .page(try await flag(key, in: environment, request, draft).page(scene), scene, request, status: status)
    }

    /// Somebody else was first: says what they did, and what this change would still do after it.
    private func reconcile(
        _ draft: inout FlagDraft, _ change: FlagChangeRequest, with flag: FlagView, since base: Int64,
        by principal: Principal
    ) async throws(Problem) {
        draft.problem = nil
        draft.revision = flag.revision
        draft.meanwhile = try await control.history(
            environment: flag.environment, flag: flag.key, before: nil, limit: 20
        ).filter { $0.revision > base }
        var again = change
        again.revision = flag.revision
        again.dryRun = true
        do throws(Problem) {
            draft.answer = try await control.change(
                flag: flag.key, environment: flag.environment, again, by: principal)
        } catch {
            draft.problem = error
        }
    }

    private func steering(_ scene: Scene) throws(Problem) -> Principal {
        guard scene.steers, let principal = scene.principal else {
            throw Problem(
                .forbidden, "Your role may look at flags, but not change them.",
                hint: "Sign in with a token of the role operator or admin.")
        }
        return principal
    }
}

extension FlagOutcome {
    /// What the address says after a deed, for `words`.
    static func mark(_ deed: String, _ outcome: FlagChangeAnswer.Outcome) -> String {
        switch outcome {
        case .proposed: return "proposed"
        case .unchanged: return "unchanged"
        case .changed, .deleted: return deed
        }
    }
}
