import Foundation
import Glibc
import TestSupport
import Testing
import Values
import Wire

@Suite("Flags, with the real program")
struct FlagTests {
    @Test("a ramp and a schedule go on after kill -9, at every moment of it")
    func killed() async throws {
        try await Lab.with { lab in
            _ = try await lab.must("flag", "set", "ramped", "--boolean", "--on")
            _ = try await lab.must("flag", "set", "timed", "--boolean")
            let steps = (1...10).flatMap { ["--step", "\($0 * 10)%@400ms"] }
            let ramp = try await lab.halcyon(["flag", "ramp", "ramped", "--to", "on"] + steps)
            #expect(ramp.code == 0, "\(ramp)")
            let soon = try await lab.see("/v1/status", as: StatusView.self).startedAt + .seconds(20)
            _ = try await lab.must("flag", "schedule", "timed", "--at", "\(soon)", "--on")
            for _ in 0..<4 {
                try await lab.running("server").end(SIGKILL)
                try await lab.startServer()
            }
            try await waitFor("the ramp and the schedule to be over") {
                let flags = try await lab.see("/v1/environments/production/flags", as: Listing<FlagView>.self).items
                return flags.allSatisfy { $0.nextChangeAt == nil } && flags.allSatisfy { $0.state == "ENABLED" }
            }
            let answer = try await lab.must("flag", "eval", "ramped", "-c", "targetingKey=u")
            #expect(answer.contains("on = true"), "\(answer)")
            let path = "/v1/environments/production/flags/ramped/history"
            let events = try await lab.see(path, as: Listing<FlagEventView>.self).items
            // Each step is in the history once, whoever was killed when.
            let taken = events.flatMap { $0.reason.split(separator: ";") }.filter { $0.contains("the ramp's step") }
            #expect(taken.count == 10, "\(events)")
            let timed = try await lab.must("flag", "history", "timed")
            #expect(timed.components(separatedBy: "the change scheduled for").count == 2, "\(timed)")
        }
    }

    @Test("a watched file is served, changed in place, and a bad one is refused with its place")
    func watchedFile() async throws {
        try await Lab.with { lab in
            let path = "\(lab.folder)/flags.json"
            func text(_ variant: String, _ state: String = "ENABLED") -> String {
                """
                {"flags": {"banner": {"state": "\(state)", "variants": {"a": 1.0, "b": 2}, "defaultVariant": "\(variant)",
                  "targeting": {"if": [{"$ref": "staff"}, "b"]}}},
                 "$evaluators": {"staff": {"==": [{"var": "targetingKey"}, "eve"]}}}
                """
            }
            try write(text("a"), to: path)
            try await lab.running("server").end()
            try await lab.startServer(["--flags", "staging=\(path)"])
            let value = try await lab.must("flag", "eval", "banner", "-e", "staging", "-c", "targetingKey=ann")
            #expect(value.contains("a = 1.0"), "\(value)")
            let refused = try await lab.halcyon("flag", "off", "banner", "-e", "staging")
            #expect(refused.code == 1 && refused.errors.contains(path), "\(refused)")
            try write(text("b", "ENABLD"), to: path)
            try await waitFor("the refusal") { lab.log("server").contains("flags.json:1:") }
            #expect(lab.log("server").contains("flags.banner.state"))
            let still = try await lab.must("flag", "eval", "banner", "-e", "staging", "-c", "targetingKey=ann")
            #expect(still.contains("a = 1.0"), "\(still)")
            try write(text("b"), to: path)
            try await waitFor("the new file") {
                try await lab.must("flag", "eval", "banner", "-e", "staging", "-c", "targetingKey=ann").contains(
                    "b = 2")
            }
        }
    }

    @Test("two people, an environment with approvals, and a token for an application")
    func people() async throws {
        try await Lab.with(Lab.Setting(dev: false)) { lab in
            let people = try await ["ann", "ben"].asyncMap {
                try await lab.must("token", "create", $0, "--role", "operator").lastLine
            }
            try write("kind: Environment\nname: staging\napprovals: 1\n", to: "\(lab.folder)/staging.yaml")
            _ = try await lab.must("apply", "-f", "\(lab.folder)/staging.yaml")
            let ann = ["HALCYON_TOKEN": people[0]]
            let proposed = try await lab.halcyon(["flag", "set", "f", "--boolean", "--on", "-e", "staging"], with: ann)
            #expect(proposed.code == 0 && proposed.text.contains("halcyon flag approve staging-2"), "\(proposed)")
            #expect(try await lab.halcyon(["flag", "approve", "staging-2"], with: ann).code == 1)
            let approved = try await lab.halcyon(["flag", "approve", "staging-2"], with: ["HALCYON_TOKEN": people[1]])
            #expect(approved.code == 0, "\(approved)")
            let sdk = try await lab.must("token", "create", "shop", "--role", "sdk", "-e", "staging").lastLine
            let usage = try await lab.halcyon(["flag", "list"], with: ["HALCYON_TOKEN": sdk])
            #expect(usage.code == 2 && usage.errors.contains("'viewer'"), "\(usage)")
            let other = await lab.get("/v1/sdk/flags?environment=production", token: sdk)
            #expect(other?.status == 403)
            let unknown = try await lab.halcyon("token", "create", "x", "--role", "sdk", "-e", "stagign")
            #expect(unknown.code == 2 && unknown.errors.contains("did you mean staging?"), "\(unknown)")
        }
    }
}

extension String {
    fileprivate var lastLine: String { String(split(separator: "\n").last ?? "") }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
