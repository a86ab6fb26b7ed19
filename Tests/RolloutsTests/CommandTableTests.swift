import Foundation
import Rollouts
import Specs
import Testing
import Values

/// What docs/reference/rollout.md says of the commands is what the machine does.
@Suite("The table of commands")
struct CommandTableTests {
    private static let now = Timestamp(milliseconds: 1_764_579_600_000)
    private static let commands: [String: RolloutCommand] = [
        "pause": .pause, "resume": .resume, "approve": .approve, "promote": .promote(full: false),
        "promote --full": .promote(full: true), "abort": .abort, "rollback": .rollback,
    ]

    /// The rows of the document's table: a command, a phase, and what is said of them.
    private static func cells() throws -> [(command: String, phase: Phase, text: String)] {
        let file = URL(filePath: #filePath).appending(path: "../../../docs/reference/rollout.md").standardizedFileURL
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("|") }
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        guard let head = rows.first(where: { $0.first == "command" }) else { return [] }
        return rows.flatMap { row in
            let command = (row.first ?? "").replacing("`", with: "")
            return zip(head, row).dropFirst().flatMap { column, text in
                column.split(separator: ",").compactMap { word in
                    Phase(
                        rawValue: word.replacing("`", with: "").replacing("in ", with: "")
                            .trimmingCharacters(in: .whitespaces)
                    ).map { (command, $0, text) }
                }
            }
        }.filter { commands[$0.0] != nil }
    }

    /// A rollout in this phase in which the command does something, if there is any.
    private func machine(_ phase: Phase, for command: RolloutCommand) -> RolloutMachine {
        let wave = WaveSpec(name: "all", gate: command == .approve ? .approval : nil)
        let plan = RolloutPlan(
            id: "r", service: "shop", version: "v2", previous: "v1", hosts: ["h1"],
            waves: [PlannedWave(spec: wave, members: 0..<1)], watch: .minutes(1), rollback: RollbackSpec(), checks: [],
            falseRollbacks: Percentage(1), createdAt: Self.now, createdBy: "alice")
        var state = RolloutState()
        state.phase = phase
        if phase != .queued { state.released = HostSet([0]) }
        if command == .resume, phase != .rollingBack, !phase.isFinal {
            state.pause = Intervention(by: "alice", reason: "", at: Self.now)
        }
        if phase == .rollingBack { state.leftBehind = HostSet([0]) }
        return RolloutMachine(plan: plan, state: state)
    }

    @Test("a command is refused where the document says no, and only there")
    func table() throws {
        let cells = try Self.cells()
        #expect(cells.count == 7 * 7)
        for (name, phase, text) in cells {
            guard let command = Self.commands[name] else { continue }
            var machine = machine(phase, for: command)
            let events = try? machine.obey(command, by: "alice", reason: "", at: Self.now)
            #expect((events != nil) == (text != "no"), "\(name) in \(phase): the document says \(text)")
        }
    }

    @Test("a refused command names one that would do something there", arguments: Phase.allCases)
    func advice(phase: Phase) {
        for command in Self.commands.values {
            var machine = machine(phase, for: .pause)
            do throws(CommandRefusal) {
                _ = try machine.obey(command, by: "alice", reason: "", at: Self.now)
            } catch {
                let verbs = ["pause", "resume", "approve", "promote", "abort", "rollback", "retry"]
                let named = verbs.filter { error.description.contains($0) }
                #expect(named.contains { $0 != command.name }, "\(command.name) in \(phase): \(error)")
            }
        }
    }

    @Test("a hold is not a pause: resume says what would help")
    func hold() {
        var state = RolloutState()
        state.phase = .baking
        state.hold = Hold(kind: .undecided, reason: "check errors has no data", since: Self.now)
        var machine = RolloutMachine(plan: machine(.baking, for: .pause).plan, state: state)
        do throws(CommandRefusal) {
            _ = try machine.obey(.resume, by: "alice", reason: "", at: Self.now)
            Issue.record("it was not refused")
        } catch {
            #expect(error.description.hasPrefix("it is not paused: it is held (check errors has no data)"))
            #expect(error.description.contains("promote overrules it"))
        }
    }
}
