import Rollouts
import Specs
import Testing
import Values

@Suite("A service's line")
struct ServiceLineTests {
    private static let now = Timestamp(milliseconds: 1_764_579_600_000)

    private func plan(_ id: String, _ version: String, previous: String?) -> RolloutPlan {
        RolloutPlan(
            id: id, service: "shop", version: version, previous: previous, hosts: [], waves: [], watch: .zero,
            rollback: RollbackSpec(), checks: [], falseRollbacks: Percentage(1), createdAt: Self.now, createdBy: "alice"
        )
    }

    private func event(_ fact: RolloutEvent.Fact) -> RolloutEvent {
        RolloutEvent(sequence: 1, at: Self.now, by: "halcyon", fact: fact)
    }

    private func cause(refuses: Bool) -> RollbackCause {
        RollbackCause(trigger: .check, by: "halcyon", reason: "errors", refusesVersion: refuses, at: Self.now)
    }

    private func active(_ version: String, _ phase: Phase, stuck: Bool = false) -> ServiceLine.Active {
        ServiceLine.Active(id: "r2", version: version, phase: phase, isStuck: stuck)
    }

    private var line: ServiceLine {
        var line = ServiceLine()
        line.stable = "v1"
        return line
    }

    @Test("with nothing in flight a new version starts, and what runs stays")
    func idle() {
        #expect(line.decide(version: "v2", force: false, supersede: false, active: nil, waiting: []) == .start)
        let same = line.decide(version: "v1", force: false, supersede: false, active: nil, waiting: [])
        #expect(same == .unchanged("v1 is what runs already"))
        let forced = line.decide(version: "v1", force: true, supersede: false, active: nil, waiting: [])
        #expect(forced == .tryAgain("v1 is what runs already; hosts on which it failed try again"))
    }

    @Test("behind a rollout in flight it queues, supersedes, or ends the watch")
    func busy() {
        let moving = active("v2", .moving)
        #expect(
            line.decide(version: "v3", force: false, supersede: false, active: moving, waiting: [])
                == .queue(behind: "r2"))
        #expect(
            line.decide(version: "v3", force: false, supersede: true, active: moving, waiting: ["v3"])
                == .supersede("r2"))
        let waiting = line.decide(version: "v3", force: false, supersede: false, active: moving, waiting: ["v3"])
        #expect(waiting == .unchanged("v3 waits in the queue already"))
        let watching = active("v2", .watching)
        #expect(
            line.decide(version: "v3", force: false, supersede: true, active: watching, waiting: []) == .endWatch("r2"))
    }

    @Test("behind a rollout that goes back it is next; a stuck one can be superseded")
    func returning() {
        let back = active("v2", .rollingBack)
        let stuck = active("v2", .rollingBack, stuck: true)
        #expect(
            line.decide(version: "v3", force: false, supersede: true, active: back, waiting: [])
                == .queueFirst(behind: "r2"))
        #expect(
            line.decide(version: "v3", force: false, supersede: true, active: stuck, waiting: []) == .supersede("r2"))
        let previous = line.decide(version: "v1", force: false, supersede: false, active: back, waiting: [])
        #expect(previous == .unchanged("r2 is going back to v1 already"))
        #expect(
            line.decide(version: "v2", force: true, supersede: false, active: back, waiting: []) == .queue(behind: "r2")
        )
    }

    @Test("a version that was rolled back is refused until it is forced")
    func refused() {
        var line = self.line
        line.follow(event(.rollbackStarted(cause: cause(refuses: true))), plan: plan("r2", "v2", previous: "v1"))
        guard
            case .refuse(let words) = line.decide(
                version: "v2", force: false, supersede: false, active: nil, waiting: [])
        else {
            Issue.record("it was not refused")
            return
        }
        #expect(words.contains("r2") && words.contains("--force"))
        #expect(line.decide(version: "v2", force: true, supersede: false, active: nil, waiting: []) == .start)
        var aborted = self.line
        aborted.follow(event(.rollbackStarted(cause: cause(refuses: false))), plan: plan("r2", "v2", previous: "v1"))
        #expect(aborted.refused.isEmpty)
    }

    @Test("it follows a rollout from its turn to its end, and back again")
    func following() {
        var line = self.line
        line.enqueue("r2", first: false)
        line.enqueue("r3", first: false)
        line.enqueue("r4", first: true)
        line.enqueue("r3", first: true)
        line.enqueue("r2", first: false)
        #expect(line.queue == ["r3", "r4", "r2"])
        let two = plan("r2", "v2", previous: "v1")
        #expect(line.begin("r2", version: "v2") == 1)
        #expect(line.queue == ["r3", "r4"])
        #expect(line.living == ["r2", "r3", "r4"])
        line.follow(event(.cancelled(reason: "")), plan: plan("r4", "v4", previous: "v1"))
        #expect(line.queue == ["r3"])
        line.follow(event(.done(reason: "")), plan: two)
        #expect(line.active == nil)
        #expect(line.stable == "v2")
        #expect(line.latest == "r2")
        line.follow(event(.rollbackStarted(cause: cause(refuses: true))), plan: two)
        #expect(line.active == "r2")
        #expect(line.latest == nil)
        line.follow(event(.rolledBack(missing: HostSet())), plan: two)
        #expect(line.active == nil)
        #expect(line.stable == "v1")
        #expect(line.begin("r5", version: "v2") == 2)
    }

    @Test("versions are forgotten when they are neither among the newest nor referenced")
    func retention() {
        let versions = (1...6).map { (name: "v\($0)", createdAt: Self.now + .minutes(Int64($0))) }
        let forgettable = VersionRetention(newest: 3).forgettable(versions.shuffled(), referenced: ["v2"])
        #expect(forgettable == ["v3", "v1"])
    }
}
