import Specs
import Supervision
import Testing
import Values
import Wire

@Suite("Stories of one service on one host")
struct ServiceMachineStories {
    @Test("A hand-over with a socket: the new one is ready before the old one is told to go")
    func handover() {
        var story = running(version("v1"))
        story.pass(.seconds(60))
        story.want(version("v2"), fallback: version("v1"), keep: [version("v1")])
        story.look()
        story.pass(.seconds(3))
        story.have(version("v2"))
        story.look()
        story.pass(.seconds(1))
        story.ready("web-2")
        story.look()
        story.pass(.seconds(2))
        story.exit("web-1")
        story.look()
        #expect(
            story.transcript == """
                0s run v1
                    fetch digest-v1
                0s v1 is on disk
                    start web-1 of v1
                0s web-1 is ready
                1m run v2
                    fetch digest-v2
                    → downloading, v1 serves
                1m3s v2 is on disk
                    start web-2 of v2
                    → starting, v1 serves
                1m4s web-2 is ready
                    SIGTERM web-1
                    → handingOver, v2 serves
                1m6s web-1 exited with status 0
                    → running, v2 serves
                """)
    }

    @Test("A new version that ends before it is ready: the old one just stays")
    func neverReady() {
        var story = running(version("v1"))
        story.want(version("v2"), fallback: version("v1"))
        story.have(version("v2"))
        story.exit("web-2", .code(1))
        story.look()
        story.want(version("v2"), fallback: version("v1"))
        story.pass(.minutes(10))
        story.want(version("v2", attempt: 1), fallback: version("v1"))
        story.pass(.seconds(30))
        story.look()
        story.exit("web-3")
        story.want(version("v1"))
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
                0s web-2 exited with status 1
                    → failed, v1 serves; v2 failed at start: exited with status 1 before it was ready
                0s run v2
                10m run v2
                    start web-3 of v2
                10m30s time passes
                    SIGTERM web-3
                    → failed, v1 serves; v2 failed at ready: not ready within 30s
                10m30s web-3 exited with status 0
                10m30s run v1
                    → running, v1 serves
                """)
    }

    @Test("A crash loop soon after the hand-over: back to the previous version, without asking")
    func crashLoop() {
        var story = running(version("v1"))
        story.want(version("v2"), fallback: version("v1"))
        story.have(version("v2"))
        story.ready("web-2")
        story.exit("web-1")
        story.exit("web-2", .code(3))
        story.look()
        story.pass(.seconds(1))
        story.ready("web-3")
        story.exit("web-3", .code(3))
        story.pass(.seconds(2))
        story.ready("web-4")
        story.exit("web-4", .code(3))
        story.have(version("v1"))
        story.ready("web-5")
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
                    SIGTERM web-1
                0s web-1 exited with status 0
                0s web-2 exited with status 3
                    → restarting, nothing serves
                1s time passes
                    start web-3 of v2
                1s web-3 is ready
                1s web-3 exited with status 3
                3s time passes
                    start web-4 of v2
                3s web-4 is ready
                3s web-4 exited with status 3
                    start web-5 of v1
                3s v1 is on disk
                3s web-5 is ready
                    → failed, v1 serves; v2 failed at crashLoop: ended 3 times; last it exited with status 3
                """)
    }

    @Test("With `handover: restart` the old version ends first, and comes back when the new one fails")
    func restart() {
        var story = running(version("v1", .restart))
        story.want(version("v2", .restart), fallback: version("v1", .restart))
        story.have(version("v2"))
        story.pass(.seconds(12))
        story.exit("web-1", .signal(9))
        story.pass(.seconds(30))
        story.exit("web-2")
        story.have(version("v1"))
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
                    SIGTERM web-1
                11s500ms time passes
                    SIGKILL web-1
                12s web-1 was ended by signal 9
                    start web-2 of v2
                42s time passes
                    SIGTERM web-2
                42s web-2 exited with status 0
                    start web-3 of v1
                42s v1 is on disk
                42s web-3 is ready
                    → failed, v1 serves; v2 failed at ready: not ready within 30s
                """)
    }

    @Test("A change of mind in the middle of a hand-over: never three instances")
    func changeOfMind() {
        var story = running(version("v1"))
        story.want(version("v2"))
        story.have(version("v2"))
        story.want(version("v3"))
        story.have(version("v3"))
        story.pass(.seconds(1))
        story.exit("web-2")
        story.ready("web-3")
        story.want(version("v1"))
        story.have(version("v1"))
        story.pass(.seconds(1))
        story.exit("web-1")
        story.ready("web-4")
        story.exit("web-3")
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
                0s run v3
                    fetch digest-v3
                    SIGTERM web-2
                0s v3 is on disk
                1s web-2 exited with status 0
                    start web-3 of v3
                1s web-3 is ready
                    SIGTERM web-1
                1s run v1
                1s v1 is on disk
                2s web-1 exited with status 0
                    start web-4 of v1
                2s web-4 is ready
                    SIGTERM web-3
                2s web-3 exited with status 0
                    → running, v1 serves
                """)
    }

    @Test("A proven version that crashes is started again and again, more and more slowly")
    func provenCrash() {
        var story = running(version("v1"))
        story.pass(.minutes(6))
        for number in 1...8 {
            story.exit("web-\(number)", .signal(11))
            story.pass(.seconds([1, 2, 4, 8, 16, 32, 60, 60][number - 1]))
            story.ready("web-\(number + 1)")
        }
        story.look()
        story.pass(.minutes(6))
        story.look()
        story.exit("web-9", .signal(11))
        story.pass(.seconds(1))
        #expect(
            story.transcript == """
                0s run v1
                    fetch digest-v1
                0s v1 is on disk
                    start web-1 of v1
                0s web-1 is ready
                6m web-1 was ended by signal 11
                6m1s time passes
                    start web-2 of v1
                6m1s web-2 is ready
                6m1s web-2 was ended by signal 11
                6m3s time passes
                    start web-3 of v1
                6m3s web-3 is ready
                6m3s web-3 was ended by signal 11
                6m7s time passes
                    start web-4 of v1
                6m7s web-4 is ready
                6m7s web-4 was ended by signal 11
                6m15s time passes
                    start web-5 of v1
                6m15s web-5 is ready
                6m15s web-5 was ended by signal 11
                6m31s time passes
                    start web-6 of v1
                6m31s web-6 is ready
                6m31s web-6 was ended by signal 11
                7m3s time passes
                    start web-7 of v1
                7m3s web-7 is ready
                7m3s web-7 was ended by signal 11
                8m3s time passes
                    start web-8 of v1
                8m3s web-8 is ready
                8m3s web-8 was ended by signal 11
                9m3s time passes
                    start web-9 of v1
                9m3s web-9 is ready
                    → running, v1 serves; v1 failed at crashLoop: ended 8 times; last it was ended by signal 11
                    → running, v1 serves
                15m3s web-9 was ended by signal 11
                15m4s time passes
                    start web-10 of v1
                """)
    }
}
