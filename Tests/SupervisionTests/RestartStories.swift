import Specs
import Supervision
import Testing
import Values
import Wire

@Suite("Stories of an instance that is started anew on its version")
struct RestartStories {
    private func anew(_ name: String, _ number: Int64, _ handover: Handover = .socket) -> DesiredVersion {
        var wanted = version(name, handover)
        wanted.restart = number
        return wanted
    }

    @Test("It is handed over as in a deployment, once, and nothing happens when the wish is withdrawn")
    func handover() {
        var story = running(version("v1"))
        story.pass(.seconds(60))
        story.want(anew("v1", 7))
        story.look()
        story.pass(.seconds(1))
        story.ready("web-2")
        story.pass(.seconds(1))
        story.exit("web-1")
        story.look()
        story.want(anew("v1", 7))
        story.want(version("v1"))
        story.want(anew("v1", 6))
        story.look()
        #expect(
            story.transcript == """
                0s run v1
                    fetch digest-v1
                0s v1 is on disk
                    start web-1 of v1
                0s web-1 is ready
                1m run v1
                    start web-2 of v1
                    → starting, v1 serves
                1m1s web-2 is ready
                    SIGTERM web-1
                1m2s web-1 exited with status 0
                    → running, v1 serves
                1m2s run v1
                1m2s run v1
                1m2s run v1
                    → running, v1 serves
                """)
    }

    @Test("When the new instance does not get ready, the old one just stays")
    func failing() {
        var story = running(version("v1"))
        story.pass(.seconds(60))
        story.want(anew("v1", 7))
        story.exit("web-2", .code(1))
        story.look()
        story.pass(.minutes(2))
        story.want(version("v1"))
        story.look()
        let last = story.transcript.split(separator: "\n").suffix(1).joined()
        #expect(last.hasSuffix("v1 serves"), "\(story.transcript)")
        #expect(!story.transcript.contains("SIGTERM web-1"), "\(story.transcript)")
    }
}
