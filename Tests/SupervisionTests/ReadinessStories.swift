import Specs
import Supervision
import Testing
import Values
import Wire

@Suite("Stories of an instance that was ready, and is asked again and again")
struct ReadinessStories {
    private func version(_ name: String, failures: Int = 3, restartAfter: Period? = nil) -> DesiredVersion {
        var version = SupervisionTests.version(name)
        version.run.ready.failures = failures
        version.run.ready.restartAfter = restartAfter
        return version
    }

    @Test("One or two bad answers mean nothing; three in a row do, and a good one ends it")
    func threeInARow() {
        var story = running(version("v1"))
        story.pass(.seconds(5))
        story.notReady("web-1")
        story.notReady("web-1")
        story.look()
        story.ready("web-1")
        story.notReady("web-1")
        story.notReady("web-1")
        story.notReady("web-1", "no answer in time")
        story.look()
        let report = story.machine.report([:])
        #expect(report.instances.map(\.ready) == [false])
        #expect(report.detail == "v1 runs and is not ready any more: no answer in time")
        story.pass(.minutes(30))
        story.notReady("web-1")
        story.ready("web-1")
        story.look()
        #expect(
            story.transcript == """
                0s run v1
                    fetch digest-v1
                0s v1 is on disk
                    start web-1 of v1
                0s web-1 is ready
                5s web-1 answers: /healthz answered 503
                5s web-1 answers: /healthz answered 503
                    → running, v1 serves
                5s web-1 is ready
                5s web-1 answers: /healthz answered 503
                5s web-1 answers: /healthz answered 503
                5s web-1 answers: no answer in time
                    → running, v1 is not ready
                30m5s web-1 answers: /healthz answered 503
                30m5s web-1 is ready
                    → running, v1 serves
                """)
    }

    @Test("With restartAfter an instance that does not recover is started anew, with the wait of any restart")
    func restarted() {
        var story = running(version("v1", failures: 1, restartAfter: .seconds(30)))
        story.pass(.seconds(5))
        story.notReady("web-1")
        story.pass(.seconds(20))
        story.ready("web-1")
        story.notReady("web-1")
        story.pass(.seconds(31))
        story.ready("web-2")
        story.exit("web-1")
        story.look()
        #expect(
            story.transcript == """
                0s run v1
                    fetch digest-v1
                0s v1 is on disk
                    start web-1 of v1
                0s web-1 is ready
                5s web-1 answers: /healthz answered 503
                25s web-1 is ready
                25s web-1 answers: /healthz answered 503
                55s time passes
                    SIGTERM web-1
                56s time passes
                    start web-2 of v1
                56s web-2 is ready
                56s web-1 exited with status 0
                    → running, v1 serves
                """)
    }

    @Test("A new version that needs a new start again and again is a crash loop: back to the previous one")
    func restartedTooOften() {
        var story = running(version("v1"))
        story.want(version("v2", failures: 1, restartAfter: .seconds(1)), fallback: version("v1"))
        story.have(version("v2"))
        for number in 2...4 {
            story.ready("web-\(number)")
            story.exit("web-\(number - 1)")
            story.notReady("web-\(number)")
            story.pass(.seconds(8))
        }
        #expect(story.machine.failure?.step == .crashLoop)
        #expect(
            story.machine.failure?.message
                == "ended 3 times; last it was not ready for 1s: /healthz answered 503")
    }

    @Test("An unready instance goes on while its successor starts, and is the one to go when that is ready")
    func successor() {
        var story = running(version("v1", failures: 1))
        story.notReady("web-1")
        story.want(version("v2"), fallback: version("v1"))
        story.have(version("v2"))
        story.look()
        story.ready("web-2")
        story.look()
        #expect(
            story.transcript == """
                0s run v1
                    fetch digest-v1
                0s v1 is on disk
                    start web-1 of v1
                0s web-1 is ready
                0s web-1 answers: /healthz answered 503
                0s run v2
                    fetch digest-v2
                0s v2 is on disk
                    start web-2 of v2
                    → starting, v1 is not ready
                0s web-2 is ready
                    SIGTERM web-1
                    → handingOver, v2 serves
                """)
    }

    @Test("An agent that starts again asks every instance that is to serve")
    func resumed() {
        for isReady in [true, false] {
            var machine = running(version("v1", failures: 1)).machine
            if !isReady { _ = machine.step(.notReady(instance: "web-1", reason: "x"), at: .epoch) }
            let actions = machine.step(.resumed(holdUntil: .epoch + .seconds(10)), at: .epoch)
            #expect(actions == [.probe(instance: "web-1")])
        }
    }
}
