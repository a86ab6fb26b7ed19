import Specs
import Supervision
import Testing
import Values
import Wire

@Suite("Clocks that jump")
struct ClockStories {
    /// The clocks of a host, which the test moves.
    private struct Clocks {
        var monotonic = Period.seconds(100)
        var wall = Timestamp.epoch + .hours(1000)
        var boot = "first"
        var kept: HostTimeline?

        /// An agent starts.
        mutating func timeline() -> HostTimeline {
            let timeline = HostTimeline(kept: kept, boot: boot, monotonic: monotonic, wall: wall)
            kept = timeline
            return timeline
        }

        mutating func pass(_ period: Period) {
            monotonic = monotonic + period
            wall = wall + period
        }
    }

    @Test("A wall clock that is set neither shortens nor lengthens the time to get ready, with one agent or the next")
    func wallClock() {
        for jump in [Period.hours(1), .hours(-1)] {
            var clocks = Clocks()
            var timeline = clocks.timeline()
            var story = Story()
            func tick() -> [ServiceAction] {
                story.machine.step(.tick, at: timeline.time(at: clocks.monotonic))
            }
            story.now = timeline.time(at: clocks.monotonic)
            story.want(version("v1"))
            story.have(version("v1"))
            clocks.pass(.seconds(10))
            clocks.wall = clocks.wall + jump
            #expect(tick() == [])
            // The agent is replaced while the clock is set once more.
            clocks.wall = clocks.wall + jump
            timeline = clocks.timeline()
            clocks.pass(.seconds(19))
            #expect(tick() == [])
            clocks.pass(.seconds(1))
            #expect(tick() == [.terminate(instance: "web-1")])
        }
    }

    @Test("After a boot with an older clock nothing is waited for that lies far in the future")
    func boot() {
        var clocks = Clocks()
        var story = running(version("v1"))
        story.now = clocks.timeline().time(at: clocks.monotonic)
        story.exit("web-1", .code(1))
        clocks.boot = "second"
        clocks.monotonic = .seconds(5)
        clocks.wall = .epoch
        story.now = clocks.timeline().time(at: clocks.monotonic)
        #expect(story.now == .epoch)
        story.tell(.resumed(holdUntil: story.now + .seconds(10)), "the host has booted")
        story.have(version("v1"))
        story.pass(.seconds(61))
        #expect(story.machine.instances.map(\.id) == ["web-2"])
    }
}
