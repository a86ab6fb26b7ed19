import Foundation
import Rollouts
import TestSupport
import Testing
import Values
import Verdicts
import Wire

@Suite("A flag's rollout, with the real program and a real SDK")
struct FlagRolloutTests {
    private static let plan = """
        kind: Plan
        name: quick
        waves:
          - { name: some, hosts: 20%, bake: 4s }
          - { name: all, hosts: 100%, bake: 4s }
        watch: 2s
        """

    private func prepare(_ lab: Lab) async throws {
        _ = try await lab.must("flag", "set", "checkout", "--boolean", "--on")
        try write(FlagRolloutTests.plan, to: "\(lab.folder)/plan.yaml")
        _ = try await lab.must("apply", "-f", "\(lab.folder)/plan.yaml")
    }

    private func rollout(_ lab: Lab, _ id: String) async throws -> RolloutView {
        try await lab.see("/v1/rollouts/\(id)", as: RolloutView.self)
    }

    /// Has applications serve people while the body runs.
    private func serving(
        _ count: Int, _ lab: Lab, _ body: ([FlagApplication]) async throws -> Void
    ) async throws {
        var applications: [FlagApplication] = []
        for _ in 0..<count { applications.append(await FlagApplication(server: lab.server)) }
        let all = applications
        try await withThrowingTaskGroup(of: Void.self) { group in
            for application in all { group.addTask { await application.run() } }
            defer { group.cancelAll() }
            try await body(all)
        }
        for application in all { await application.shutdown() }
    }

    @Test("a bad variant goes back on every client; a good one goes through and is the default then")
    func goodAndBad() async throws {
        try await Lab.with { lab in
            try await prepare(lab)
            try await serving(3, lab) { applications in
                try await bad(lab, applications)
                try await good(lab, applications)
            }
        }
    }

    private func bad(_ lab: Lab, _ applications: [FlagApplication]) async throws {
        for application in applications { application.change { $0.failing = 40 } }
        let begun = try await lab.halcyon(
            "flag", "rollout", "checkout", "--to", "on", "--plan", "quick", "--watch", "--until", "done")
        #expect(begun.code == 1 && begun.errors.contains("was rolled back"), "\(begun)")
        let view = try await rollout(lab, "checkout@production-1")
        #expect(view.phase == .rolledBack && view.rollback?.trigger == .check, "\(view)")
        #expect(view.rollback?.reason.contains("check errors failed") ?? false, "\(view)")
        try await expectEverybodyBack(view, applications)
        // A variant that went back is refused until somebody insists.
        let refused = try await lab.halcyon("flag", "rollout", "checkout", "--to", "on", "--plan", "quick")
        #expect(refused.code == 1 && refused.errors.contains("--force"), "\(refused)")
    }

    /// Every client gave the new variant until it was decided, and gives it to nobody afterwards.
    private func expectEverybodyBack(_ view: RolloutView, _ applications: [FlagApplication]) async throws {
        let decided = try #require(view.rollback?.at)
        for application in applications {
            try await waitFor("somebody to be given the variant before again") {
                application.whatWasSeen.firstBack != nil
            }
            let seen = application.whatWasSeen
            let (back, last) = (try #require(seen.firstBack), try #require(seen.lastOn))
            #expect(back >= decided, "somebody was given the old variant \(decided - back) before the decision")
            #expect((0..<2000).allSatisfy { !application.value("user-\($0)") })
            print("the last one was given the variant \(last - decided) after the decision")
        }
    }

    private func good(_ lab: Lab, _ applications: [FlagApplication]) async throws {
        for application in applications {
            application.change { $0.failing = 0 }
            application.forget()
        }
        func everybody(has isOn: Bool) -> Bool {
            applications.allSatisfy { application in (0..<2000).allSatisfy { application.value("user-\($0)") == isOn } }
        }
        let begun = try await lab.must(
            "flag", "rollout", "checkout", "--to", "on", "--plan", "quick", "--force", "--watch", "--until", "done")
        #expect(begun.contains("checkout@production on is done"), "\(begun)")
        try await waitFor("the default to be changed for good") {
            try await lab.see("/v1/environments/production/flags/checkout", as: FlagView.self).defaultVariant == "on"
        }
        #expect(everybody(has: true))
        let explained = try await lab.must("rollout", "explain", "checkout")
        #expect(explained.contains("20% of the targeting keys"), "\(explained)")
        // It may still be taken back: then the flag is as it was.
        _ = try await lab.must("rollout", "rollback", "checkout", "--reason", "changed our minds")
        try await waitFor("everybody to have the variant before") { everybody(has: false) }
        try await waitFor("the default to be the one before") {
            try await lab.see("/v1/environments/production/flags/checkout", as: FlagView.self).defaultVariant == "off"
        }
    }

    @Test("nobody edits a flag that is rolled out; switching it off ends the rollout")
    func edited() async throws {
        try await Lab.with { lab in
            try await prepare(lab)
            _ = try await lab.must("flag", "rollout", "checkout", "--to", "on")
            try await waitFor("the first wave to be out") {
                try await lab.see("/v1/environments/production/flags/checkout", as: FlagView.self).summary
                    .contains("on for 1%")
            }
            let edit = try await lab.halcyon("flag", "default", "checkout", "on")
            #expect(edit.code == 1 && edit.errors.contains("checkout@production-1"), "\(edit)")
            _ = try await lab.must("flag", "off", "checkout")
            try await waitFor("the rollout to have ended") {
                try await rollout(lab, "checkout@production-1").phase == .rolledBack
            }
            let start = try await lab.halcyon("flag", "rollout", "checkout", "--to", "on")
            #expect(start.code == 1 && start.errors.contains("is off"), "\(start)")
            _ = try await lab.must("flag", "on", "checkout")
            let missing = try await lab.halcyon("flag", "rollout", "checkout", "--to", "onn")
            #expect(missing.code == 1 && missing.errors.contains("did you mean 'on'"), "\(missing)")
        }
    }

    @Test("a variant that nobody measures holds the rollout, which says so; it goes on where it was after kill -9")
    func withoutTraffic() async throws {
        try await Lab.with { lab in
            try await prepare(lab)
            try await serving(1, lab) { applications in
                applications[0].change { $0.isMeasured = false }
                _ = try await lab.must("flag", "rollout", "checkout", "--to", "on", "--plan", "quick")
                try await waitFor("the first wave to bake") {
                    try await rollout(lab, "checkout@production-1").phase == .baking
                }
                try await lab.running("server").end(SIGKILL)
                try await lab.startServer()
                try await waitFor("the client to know the share") {
                    let given = (0..<1000).filter { applications[0].value("u-\($0)") }
                    return (130...270).contains(given.count)
                }
                let view = try await eventually("the reason", within: .seconds(150)) {
                    let view = try await rollout(lab, "checkout@production-1")
                    return view.hold == nil ? nil : view
                }
                let reason = view.hold?.reason ?? ""
                #expect(reason.contains("no traffic") && reason.contains("for 'on' lately"), "\(reason)")
                #expect(view.wave == 0 && view.rollback == nil && view.hold?.kind == .undecided, "\(view)")
            }
        }
    }

    // MARK: What is no question of errors

    /// A bake that nobody waits for to its end.
    private static let patient = """
        kind: Plan
        name: patient
        waves:
          - { name: some, hosts: 20%, bake: { atLeast: 2s, atMost: 1h } }
          - { name: all, hosts: 100%, bake: 1h }
        watch: 0s
        """

    private func preparePatient(_ lab: Lab, _ more: String...) async throws {
        let outcome = try await lab.halcyon(["flag", "set", "checkout", "--boolean", "--on"] + more)
        #expect(outcome.code == 0, "\(outcome)")
        try write(FlagRolloutTests.patient, to: "\(lab.folder)/plan.yaml")
        _ = try await lab.must("apply", "-f", "\(lab.folder)/plan.yaml")
    }

    @Test("a variant whose code is only slower goes back")
    func slower() async throws {
        try await Lab.with { lab in
            try await preparePatient(lab)
            try await serving(2, lab) { applications in
                for application in applications { application.change { $0.delay = .milliseconds(8) } }
                _ = try await lab.must("flag", "rollout", "checkout", "--to", "on", "--plan", "patient")
                let view = try await eventually("it to be rolled back", within: .seconds(120)) {
                    let view = try await rollout(lab, "checkout@production-1")
                    return view.phase == .rolledBack ? view : nil
                }
                #expect(view.rollback?.reason.contains("check latency failed") ?? false, "\(view)")
                #expect(view.rollback?.reading?.check == "latency" && view.rollback?.trigger == .check, "\(view)")
                try await expectEverybodyBack(view, applications)
            }
        }
    }

    @Test("when fewer of those who get the new variant are seen than the share says, it holds and says so")
    func mismatch() async throws {
        try await Lab.with { lab in
            try await preparePatient(lab)
            try await serving(1, lab) { applications in
                applications[0].change { $0.everyNth = 4 }
                _ = try await lab.must("flag", "rollout", "checkout", "--to", "on", "--plan", "patient")
                try await expectDistrust(lab, "something besides the share decides who is seen")
                let view = try await rollout(lab, "checkout@production-1")
                #expect(view.hold?.reason.contains("where 20% are planned") ?? false, "\(view)")
                // What a person decides counts all the same.
                _ = try await lab.must("rollout", "rollback", "checkout", "--reason", "nobody knows whom we ask")
                try await waitFor("the way back") {
                    try await rollout(lab, "checkout@production-1").phase == .rolledBack
                }
            }
        }
    }

    @Test("when the same people are given both variants, it holds and says so")
    func crossed() async throws {
        try await Lab.with { lab in
            try await preparePatient(lab, "--bucket-by", "company")
            try await serving(1, lab) { applications in
                applications[0].change { $0.changesCompany = true }
                _ = try await lab.must("flag", "rollout", "checkout", "--to", "on", "--plan", "patient")
                try await expectDistrust(lab, "were given more than one variant")
            }
        }
    }

    private func expectDistrust(_ lab: Lab, _ words: String) async throws {
        let view = try await eventually("it to be held") {
            let view = try await rollout(lab, "checkout@production-1")
            return view.hold?.kind == .distrust ? view : nil
        }
        #expect(view.hold?.reason.contains(words) ?? false, "\(view)")
        #expect(view.needsPerson && view.wave == 0 && view.rollback == nil, "\(view)")
    }

    @Test("killed while it judges a flag, the server goes on with the same evidence, every block counted once")
    func killed() async throws {
        try await Lab.with { lab in
            try await preparePatient(lab)
            let application = await FlagApplication(server: lab.server)
            _ = try await lab.must("flag", "rollout", "checkout", "--to", "on", "--plan", "patient")
            try await waitFor("the client to know the share") {
                (130...270).contains((0..<1000).filter { application.value("u-\($0)") }.count)
            }
            // Until something is counted, nobody knows whether the wave had begun for the one who counts.
            try await waitFor("the first blocks to be counted") {
                await application.serve(0..<200)
                return try await counted(lab).on > 0
            }
            let before = try await allCounted(lab, application)
            let first = application.whatWasSeen
            try await lab.running("server").end(SIGKILL)
            let stored = try await StoredEvidence.read("checkout@production-1", folder: "\(lab.folder)/server")
            #expect(stored?.progress.through != nil)
            try await lab.startServer()
            // The client tells its sums anew, to a server that has never heard of it.
            await application.serve(200..<600)
            let second = application.whatWasSeen
            try await waitFor("the new blocks to be counted") {
                let now = try await counted(lab)
                guard now.on <= before.on + Double(second.on - first.on) else { throw Unmet("\(now) after \(before)") }
                return now.on == before.on + Double(second.on - first.on)
                    && now.off == before.off + Double(second.off - first.off)
            }
            let after = try await allCounted(lab, application)
            #expect(after.on - before.on == Double(second.on - first.on))
            #expect(after.off - before.off == Double(second.off - first.off))
            await application.shutdown()
        }
    }

    private func counted(_ lab: Lab) async throws -> (on: Double, off: Double) {
        let reading = try await rollout(lab, "checkout@production-1").readings.first { $0.check == "errors" }
        return (reading?.canary?.total ?? 0, reading?.baseline?.total ?? 0)
    }

    /// What is counted when everything has arrived, is in the evidence, and is stored.
    private func allCounted(_ lab: Lab, _ application: FlagApplication) async throws -> (on: Double, off: Double) {
        try await waitFor("the client's sums to arrive") {
            let seen = application.whatWasSeen
            let on = try await lab.query("sum(halcyon_flag_requests_total{variant=\"on\"})")
            let off = try await lab.query("sum(halcyon_flag_requests_total{variant=\"off\"})")
            guard on <= Double(seen.on), off <= Double(seen.off) else { throw Unmet("\(on) and \(off) of \(seen)") }
            return on == Double(seen.on) && off == Double(seen.off)
        }
        // A tick is stored every four seconds, and every five that the server is alive.
        let revision = try await lab.see("/v1/status", as: StatusView.self).storeRevision
        try await waitFor("some ticks to be stored") {
            try await lab.see("/v1/status", as: StatusView.self).storeRevision >= revision + 6
        }
        return try await counted(lab)
    }
}
