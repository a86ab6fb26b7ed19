import Specs
import Supervision
import Testing
import Values
import Wire

@Suite("Stories of one service on a host in trouble")
struct ServiceMachineTroubleStories {
    @Test("The agent starts again: what runs is kept, nothing is started before the server was heard")
    func resumed() {
        var story = running(version("v1"))
        story.pass(.seconds(5))
        story.tell(.resumed(holdUntil: story.now + .seconds(10)), "the agent starts again")
        story.have(version("v1"))
        story.exit("web-1", .unknown)
        story.pass(.seconds(9))
        story.want(version("v1"))
        story.look()
        #expect(
            story.transcript == """
                0s run v1
                    fetch digest-v1
                0s v1 is on disk
                    start web-1 of v1
                0s web-1 is ready
                5s the agent starts again
                5s v1 is on disk
                5s web-1 ended
                14s run v1
                    start web-2 of v1
                    → starting, nothing serves
                """)
    }

    @Test("The agent was killed between writing down a start and starting: the new version is not blamed for it")
    func missing() {
        var story = running(version("v1"))
        story.want(version("v2"), fallback: version("v1"))
        story.have(version("v2"))
        story.tell(.resumed(holdUntil: story.now + .seconds(10)), "the agent starts again")
        story.tell(.missing(instance: "web-2"), "web-2 is not there")
        story.have(version("v2"))
        story.want(version("v2"), fallback: version("v1"))
        story.ready("web-3")
        story.look()
        #expect(
            story.transcript == """
                0s run v1
                    fetch digest-v1
                0s v1 is on disk
                    start web-1 of v1
                0s web-1 is ready
                0s run v2
                    fetch digest-v2
                0s v2 is on disk
                    start web-2 of v2
                0s the agent starts again
                0s web-2 is not there
                0s v2 is on disk
                0s run v2
                    fetch digest-v1
                    start web-3 of v2
                0s web-3 is ready
                    SIGTERM web-1
                    → handingOver, v2 serves
                """)
    }

    @Test("A port of its own: the old one serves on for the lame-duck time")
    func port() {
        var story = running(version("v1", .port))
        story.want(version("v2", .port))
        story.have(version("v2"))
        story.ready("web-2")
        story.look()
        story.pass(.seconds(1))
        story.pass(.seconds(30))
        story.look()
        story.exit("web-1", .signal(9))
        story.look()
        #expect(
            story.transcript == """
                0s run v1
                    fetch digest-v1
                0s v1 is on disk
                    start web-1 of v1
                0s web-1 is ready
                0s run v2
                    fetch digest-v2
                0s v2 is on disk
                    start web-2 of v2
                0s web-2 is ready
                    → handingOver, v2 serves
                500ms time passes
                    SIGTERM web-1
                12s time passes
                    SIGKILL web-1
                22s time passes
                    SIGKILL web-1
                    → handingOver, v2 serves; v1 failed at stop: instance web-1 does not end after SIGKILL
                31s web-1 was ended by signal 9
                    → running, v2 serves
                """)
    }

    @Test("A download that fails for good: the old version stays and the failure is reported")
    func download() {
        var story = running(version("v1"))
        story.want(version("v2"), fallback: version("v1"))
        story.tell(
            .artefact(digest: "digest-v2", .failed(step: .verify, message: "its SHA-256 is another one")),
            "the download is wrong")
        story.look()
        story.want(nil)
        story.exit("web-1")
        story.look()
        #expect(
            story.transcript == """
                0s run v1
                    fetch digest-v1
                0s v1 is on disk
                    start web-1 of v1
                0s web-1 is ready
                0s run v2
                    fetch digest-v2
                0s the download is wrong
                    → failed, v1 serves; v2 failed at verify: its SHA-256 is another one
                0s run nothing
                    SIGTERM web-1
                0s web-1 exited with status 0
                    → absent, nothing serves
                """)
    }

    @Test("The first version fails and there is nothing to go back to: it is tried on")
    func firstVersion() {
        var story = Story()
        story.want(version("v1"))
        story.have(version("v1"))
        story.exit("web-1", .code(2))
        story.look()
        story.pass(.seconds(1))
        story.exit("web-2", .code(2))
        story.pass(.seconds(2))
        story.ready("web-3")
        story.look()
        story.pass(.minutes(2))
        story.look()
        #expect(
            story.transcript == """
                0s run v1
                    fetch digest-v1
                0s v1 is on disk
                    start web-1 of v1
                0s web-1 exited with status 2
                    → failed, nothing serves; v1 failed at start: exited with status 2 before it was ready
                1s time passes
                    start web-2 of v1
                1s web-2 exited with status 2
                3s time passes
                    start web-3 of v1
                3s web-3 is ready
                    → running, v1 serves; v1 failed at start: exited with status 2 before it was ready
                    → running, v1 serves
                """)
    }
}
