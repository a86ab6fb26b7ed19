import Documents
import Formats
import Rehearsal
import Specs
import TestChance
import Testing
import Values
import Verdicts

/// Recorded traces are judged as if they happened now; what is no trace is refused with its place.
@Suite struct TraceTests {
    private let checks = [CheckSpec(name: "errors", kind: .ratio(bad: "errors", total: "requests"))]

    private func trace(_ name: String, worse: Double, seed: UInt64, ticks: Int = 60) -> String {
        var lots = Lots(seed: seed)
        var lines = ""
        for tick in 1...ticks {
            for (cohort, all, chance) in [("canary", 200.0, 0.005 * worse), ("baseline", 1800, 0.005)] {
                let bad = Int(lots.successes(of: all, chance: chance))
                lines += "\(name),\(tick * 10),\(cohort),z1,\(cohort)-1,\(Int(all)),\(bad)\n"
            }
        }
        return lines
    }

    private func decisions(
        _ text: String, piece: Int = 1000, _ document: ChecksDocument? = nil
    ) throws -> [TraceReplay.Decision] {
        var replay = TraceReplay(document ?? ChecksDocument(checks: checks, falseRollbacks: Percentage(1)))
        var decisions: [TraceReplay.Decision] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            decisions += try replay.read(bytes[start..<min(bytes.count, start + piece)])
        }
        return decisions + (try replay.finish())
    }

    private let header = "trace,t,cohort,zone,host,requests,errors\n"

    @Test("many traces in one file, each with its decisions, however the bytes are cut")
    func manyTraces() throws {
        let text =
            header + trace("good", worse: 1, seed: 1) + trace("bad", worse: 50, seed: 2)
            + trace("short", worse: 1, seed: 3, ticks: 2)
        let whole = try decisions(text, piece: text.utf8.count)
        #expect(whole.map(\.trace) == ["good", "bad", "short"])
        #expect(whole.map(\.verdict) == [.pass, .fail, .undecided])
        #expect(whole[1].at <= 30)
        #expect(whole[1].check == "errors")
        for piece in [1, 7, 100] { #expect(try decisions(text, piece: piece) == whole) }
        #expect(try decisions(text.replacing("\n", with: "\r\n")) == whole)
    }

    @Test("columns may come in any order, and zone, host and trace may be missing")
    func columns() throws {
        let lines = (1...40).flatMap { tick in
            ["\(tick * 10),100,100,canary", "\(tick * 10),900,4,baseline"]
        }
        let found = try decisions("t,requests,errors,cohort\n" + lines.joined(separator: "\n"))
        #expect(found.map(\.verdict) == [.fail])
    }

    @Test("a gap is no tick, and no evidence")
    func gaps() throws {
        var lines = trace("gap", worse: 1, seed: 4).split(separator: "\n").map(String.init)
        lines.removeSubrange(20..<60)
        let found = try decisions(header + lines.joined(separator: "\n"))
        #expect(found.last?.verdict != .fail)
    }

    /// Ticks of a rollout with hosts in zones, and rows from before the change.
    private func rollout(
        before: Int = 30, ticks: Int = 120, canaryZone: String = "a", worse: Double, from onset: Int = 0,
        control: Bool = false, secondWave: Int? = nil
    ) -> String {
        var lots = Lots(seed: 11)
        var lines = "t,cohort,zone,host,requests,errors\n"
        for tick in (1 - before)...ticks {
            for host in 0..<6 {
                let isNew = tick > 0 && (host == 0 || host == 1 && tick >= secondWave ?? .max)
                let cohort = isNew ? "canary" : control && host == 5 && tick > 0 ? "control" : "baseline"
                let chance = 0.01 * (isNew && tick > onset ? worse : 1)
                let bad = Int(lots.successes(of: 200, chance: chance))
                lines += "\(tick * 10),\(cohort),\(host == 0 ? canaryZone : "a"),h\(host),200,\(bad)\n"
            }
        }
        return lines
    }

    @Test("controls are controls, also in a trace that begins before the change, and sooner or later say so")
    func controls() throws {
        let with = try decisions(rollout(worse: 6, control: true))
        #expect(with.map(\.verdict) == [.fail])
        // Told from the baseline's rows, by the same engine without controls: it waits for the warm-up to end.
        let without = try decisions(rollout(worse: 6))
        let patient = try #require(without.first?.at)
        #expect(try #require(with.first?.at) <= patient)
        // The first rows of the controls may come after those of the canary.
        let late = rollout(worse: 6, control: true).split(separator: "\n")
            .filter { !$0.hasPrefix("10,control") && !$0.hasPrefix("20,control") }.joined(separator: "\n")
        #expect(try #require(decisions(late).first?.at) <= patient)
    }

    @Test("a canary in a zone of its own is compared with the others rather than with none")
    func zones() throws {
        #expect(try decisions(rollout(canaryZone: "b", worse: 8)).map(\.verdict) == [.fail])
        #expect(try decisions(rollout(canaryZone: "b", worse: 1)).last?.verdict != .fail)
    }

    @Test("a regression that begins with a later wave is found as soon as a live rollout finds it")
    func waves() throws {
        let text = rollout(before: 0, ticks: 360, worse: 4, from: 200, secondWave: 201)
        let found = try #require(decisions(text).last { $0.verdict == .fail })
        #expect(found.at > 2000 && found.at < 2300)
        let single = try #require(
            decisions(rollout(before: 0, ticks: 360, worse: 4, from: 200)).last { $0.verdict == .fail })
        #expect(found.at <= single.at)
    }

    @Test("a plan that is named says how many waves there are, and whether hosts start anew")
    func plans() throws {
        func read(_ text: String) throws -> ChecksDocument {
            let node = try #require(readDocuments(text, file: "checks.yaml").nodes.first)
            return try #require(ChecksDocument.read(node, file: "checks.yaml").document)
        }
        let checks = "checks: [{ name: errors, ratio: { bad: errors, total: requests } }]\n"
        #expect(try read(checks).waves == nil)
        #expect(try read(checks + "plan: { falseRollbacks: 2% }").waves == nil)
        let document = try read(
            checks + "plan: { control: restart, watch: 10m, waves: [{ name: a, hosts: 1 }, { name: b, hosts: 100% }] }")
        #expect(document.waves?.map(\.name) == ["a", "b"])
        #expect(document.control == .restart && document.watch == .minutes(10))
        #expect(try decisions(rollout(worse: 6, control: true), document).map(\.verdict) == [.fail])
    }

    @Test(
        "what is no trace is refused with the line",
        arguments: [
            ("", 1, "empty"), ("a,b,c\n", 1, "no column 't'"),
            ("trace,t,cohort,zone,host,requests,errors\na,10,canary,z,h,5\n", 2, "6 fields, the header 7"),
            ("trace,t,cohort,zone,host,requests,errors\na,10,canary,z,h,5,1,2\n", 2, "more fields"),
            ("trace,t,cohort,zone,host,requests,errors\na,10,canary,z,h,five,1\n", 2, "no number"),
            ("trace,t,cohort,zone,host,requests,errors\na,10,canary,z,h,-5,1\n", 2, "negative"),
            ("trace,t,cohort,zone,host,requests,errors\na,10,canari,z,h,5,1\n", 2, "did you mean 'canary'"),
            ("trace,t,cohort,zone,host,requests,errors\na,20,canary,z,h,5,1\na,10,canary,z,h,5,1\n", 3, "goes back"),
            ("trace,t,cohort,zone,host,request,error\na,10,canary,z,h,5,1\n", 1, "did you mean 'error'"),
            ("trace,t,cohort,cohort\n", 1, "there twice"),
            ("t,cohort,requests,errors,le_1,le_1.0\n", 1, "'le_1.0' is there twice"),
            ("t,cohort,requests,errors\n1e16,canary,5,1\n", 2, "at most a thousand million"),
            ("t,cohort,requests,errors\n-1000000001,canary,5,1\n", 2, "at most a thousand million"),
            ("t,cohort,requests,errors\n1,canary,1e300,1\n", 2, "more than anything counts"),
            ("t,cohort,requests,errors\n1,canary,5,1\n1.0001,canary,5,1\n", 3, "at least 0.1 s apart"),
        ])
    func refusals(_ text: String, _ line: Int, _ reason: String) {
        let problem = #expect(throws: TraceProblem.self) { try decisions(text) }
        #expect(problem?.line == line)
        #expect(problem?.reason.contains(reason) == true, "\(problem?.reason ?? "")")
        #expect(problem?.column ?? 0 > 0)
    }

    @Test("times at both ends of what is valid, and ticks as short as allowed, are judged")
    func extremes() throws {
        let far = try decisions("t,cohort,requests,errors\n-1e9,baseline,100,1\n1e9,canary,100,1\n1e9,baseline,100,1\n")
        #expect(far.map(\.verdict) == [.undecided])
        let lines = (1...200).flatMap { tick in
            let time = Double(tick) / 10
            return ["\(time),canary,100,60", "\(time),baseline,900,4"]
        }
        #expect(try decisions("t,cohort,requests,errors\n" + lines.joined(separator: "\n")).map(\.verdict) == [.fail])
    }

    @Test("a file of checks is read with every problem at its place; a service is taken for its checks")
    func checksFiles() {
        func read(_ text: String) -> (ChecksDocument?, [String]) {
            let nodes = readDocuments(text, file: "checks.yaml").nodes
            guard let node = nodes.first else { return (nil, []) }
            let (document, issues) = ChecksDocument.read(node, file: "checks.yaml")
            return (document, issues.map(\.description))
        }
        let good = read(
            """
            checks:
              - { name: errors, ratio: { bad: errors, total: requests }, tolerate: { relative: 1.25, absolute: 0.05% } }
              - { name: latency, latency: { histogram: le }, tolerate: { relative: 1.10 } }
            plan: { falseRollbacks: 2% }
            """)
        #expect(good.0?.checks.map(\.name) == ["errors", "latency"])
        #expect(good.0?.falseRollbacks == Percentage(2))
        #expect(read("checks: []").1.first?.contains("no check") == true)
        #expect(read("check: 1").1.first?.contains("checks.yaml:1:1") == true)
        #expect(read("checks: [{ name: a, ratio: { bad: x } }]").0 == nil)
    }
}
