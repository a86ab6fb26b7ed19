import Ports
import Values
import Wire

// What the pages of flags need of the control plane.
extension Site {
    /// Everything that can be asked about flags.
    var control: any FlagControl {
        get throws(Problem) {
            guard let flags else { throw Problem(.unavailable, "This server has no flags.") }
            return flags
        }
    }

    func flagLists(_ name: String?, _ request: PageRequest, _ scene: Scene) async throws(Problem) -> Page {
        let control = try control
        let name = name ?? "production"
        if let key = request.query["key"] { return try await flagPage(key, in: name, request, scene) }
        let list = request.query["show"].flatMap(FlagsHead.List.init) ?? .flags
        let head = FlagsHead(
            environments: try await control.environments(), environment: try await control.environment(name),
            list: list)
        let flash = FlagOutcome.words(request.query["done"])
        switch list {
        case .flags: return try await flags(head, request, flash).page(scene)
        case .segments:
            return SegmentsPage(
                head: head, segments: try await control.segments(environment: name),
                holdouts: try await control.holdouts(environment: name)
            ).page(scene)
        case .stale:
            let stale = try await control.stale(environment: name, unchangedFor: StalePage.unchangedFor)
            return StalePage(head: head, stale: stale, flash: flash).page(scene)
        case .proposals:
            let proposals = try await control.proposals(environment: name, open: false)
            var documents: [String: String] = [:]
            for proposal in proposals where proposal.state == .open && proposal.kind == "flag" {
                documents[proposal.key] = try? await control.flag(proposal.key, environment: name).document
            }
            return ProposalsPage(head: head, proposals: proposals, documents: documents, flash: flash).page(scene)
        case .changes:
            let events = try await control.history(
                environment: name, flag: nil, before: request.query["before"].flatMap { Int64($0) }, limit: 100)
            return FlagChangesPage(head: head, events: events, older: events.count >= 100 ? events.last?.sequence : nil)
                .page(scene)
        }
    }

    private func flags(_ head: FlagsHead, _ request: PageRequest, _ flash: String?) async throws(Problem) -> FlagsPage {
        let control = try control
        let name = head.environment.name
        let flags = try await control.flags(environment: name, query: FlagQuery(archived: true, brief: true))
        let usage = try await control.usage(environment: name, flag: nil)
        let stale = try await control.stale(environment: name, unchangedFor: StalePage.unchangedFor)
        // The flag is named only when it is one: an address cannot make the page say anything else.
        let subject = request.query["flag"].flatMap { key in flags.contains { $0.key == key } ? "\(key): " : nil }
        return FlagsPage(
            head: head, flags: flags, usage: Dictionary(usage.map { ($0.key, $0) }) { first, _ in first },
            stale: Set(stale.map(\.key)), filter: FlagFilter(query: request.query), after: request.query["after"],
            flash: flash.map { (subject ?? "") + $0 })
    }

    /// A flag's page, or with `?do=VERB` the question of what to do to it.
    func flagPage(
        _ key: String, in environment: String, _ request: PageRequest, _ scene: Scene
    ) async throws(Problem) -> Page {
        if let verb = request.query["do"].flatMap(FlagVerb.init) {
            return try await question(verb, key, environment, request.query, scene).page(scene)
        }
        return try await flag(key, in: environment, request, nil).page(scene)
    }

    /// - Parameter draft: a form that was sent and not taken.
    func flag(
        _ key: String, in environment: String, _ request: PageRequest, _ draft: FlagDraft?
    ) async throws(Problem) -> FlagPage {
        let control = try control
        let view = try await control.environment(environment)
        let flag = try await control.flag(key, environment: environment)
        let stale = try await control.stale(environment: environment, unchangedFor: StalePage.unchangedFor)
        let proposals = try await control.proposals(environment: environment, open: true)
        return FlagPage(
            flag: flag, environment: view, usage: try await control.usage(environment: environment, flag: key).first,
            history: try await control.history(environment: environment, flag: key, before: nil, limit: 50),
            elsewhere: try await elsewhere(key, environment),
            proposals: proposals.filter { $0.kind == "flag" && $0.key == key },
            staleReasons: stale.first { $0.key == key }?.reasons ?? [],
            trial: try await trial(key, environment, request.query["context"]), draft: draft,
            flash: FlagOutcome.words(request.query["done"]))
    }

    private func elsewhere(_ key: String, _ environment: String) async throws(Problem) -> [FlagPage.Elsewhere] {
        let control = try control
        var found: [FlagPage.Elsewhere] = []
        for other in try await control.environments() where other.name != environment {
            found.append(
                FlagPage.Elsewhere(environment: other, flag: try? await control.flag(key, environment: other.name)))
        }
        return found
    }

    private func trial(_ key: String, _ environment: String, _ context: String?) async throws(Problem) -> FlagTrial {
        guard let context, !context.allSatisfy(\.isWhitespace) else { return FlagTrial(context: "") }
        var trial = FlagTrial(context: context)
        do throws(Problem) {
            trial.answer = try await control.evaluate(
                flag: key, environment: environment, FlagEvaluationRequest(context: context))
        } catch {
            trial.problem = error
        }
        return trial
    }
}
