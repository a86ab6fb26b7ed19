import Rehearsal
import Specs
import Testing
import Values

@Suite struct RegressionTests {
    private let checks = [
        CheckSpec(name: "http", kind: .ratio(bad: "b", total: "t")),
        CheckSpec(name: "slow", kind: .latency(histogram: "h")),
        CheckSpec(name: "retries", kind: .rate(events: "r", per: nil)),
    ]

    @Test("sizes are read, for a check or for all of a sort")
    func sizes() throws {
        let read = try Regression.read("errors=x3, slow=+25%,latency=x2,http=2%,retries=x1.5,crash", checks: checks)
        #expect(read.map(\.text) == ["errors=x3", "slow=+25%", "latency=x2", "http=2%", "retries=x1.5", "crash"])
        #expect(read.map(\.checks) == [[0], [1], [1], [0], [2], [0]])
        #expect(
            read.map(\.size) == [.factor(3), .factor(1.25), .factor(2), .share(0.02), .factor(1.5), .share(1)])
    }

    private static let example = "(for example x3 (three times as many) or 2% (of all requests))"

    @Test(
        "what is no size, or no check, is told with the nearest one",
        arguments: [
            ("", "no regression is named (for example errors=x3,latency=+25%)"),
            ("errors", "'errors' does not say how much worse (for example errors=x3 or latency=+25%)"),
            ("eror=x3", "no check feels 'eror' (did you mean errors? checks are http, slow, retries)"),
            ("errors=3", "'3' is no size of a regression \(example)"),
            ("errors=x0", "'x0' is no size of a regression \(example)"),
            ("errors=200%", "'200%' is no size of a regression \(example)"),
            ("latency=25", "'25' is no size of a regression (for example x2 (twice as long) or +25%)"),
        ])
    func problems(text: String, message: String) {
        do throws(Regression.Problem) {
            _ = try Regression.read(text, checks: checks)
            Issue.record("'\(text)' was read")
        } catch {
            #expect("\(error.message) (\(error.hint))" == message)
        }
    }

    @Test("the usual ones are those that the checks can feel")
    func usual() {
        #expect(Regression.usual([checks[1]]).map(\.text) == ["latency=+10%", "latency=+25%"])
        #expect(Regression.usual(checks).count == 6)
    }
}

@Suite struct RecordingTests {
    @Test("the time before the first event and after the last is cut off, and an empty stretch left out")
    func trimming() {
        let check = CheckSpec(name: "http", kind: .ratio(bad: "b", total: "t"))
        let some = Recording.Events(bad: 1, total: 20)
        let none = Recording.Events(bad: 0, total: 0)
        let recording = Recording(
            tick: .seconds(10), checks: [check],
            stretches: [[.events([nil, none, some, nil, some, none])], [.events([nil, none])], []])
        #expect(recording.stretches == [[.events([some, nil, some])]])
        #expect(recording.length == .seconds(30))
        #expect(recording.average(0)?.total == 2)
        #expect(recording.average(0)?.bad == 0.1)
    }
}
