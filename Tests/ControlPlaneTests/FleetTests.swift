import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("What is heard of the hosts")
struct FleetTests {
    @Test("A removed host takes nothing of the others with it, and comes back as a stranger")
    func remove() {
        let start = Timestamp(milliseconds: 1_000_000)
        var fleet = Fleet(startedAt: start, heartbeat: .seconds(5))
        for (number, host) in ["a", "b", "c", "d"].enumerated() {
            let report = HostReport(epoch: Int64(number), services: [], boot: host)
            _ = fleet.take(report, of: host, from: "agent-\(host)", newestEpoch: 9, generation: nil, at: start)
        }
        fleet.remove("b")
        fleet.remove("d")
        fleet.remove("nobody")
        #expect(fleet.names.sorted() == ["a", "c"])
        for (host, epoch) in [("a", Int64(0)), ("c", 2)] {
            #expect(fleet[host].report?.epoch == epoch)
            #expect(fleet[host].agent == "agent-\(host)")
            #expect(fleet.place(of: host).map { fleet.names[$0] } == host)
            #expect(fleet.contact(host, at: start + .seconds(1)) == .connected)
        }
        let later = start + .minutes(5)
        #expect(fleet["b"].report == nil)
        #expect(fleet.contact("b", at: later) == .unknown)
        fleet["b"].expectedSince = later
        #expect(fleet.contact("b", at: later) == .expected)
        #expect(fleet["c"].report?.epoch == 2)
    }
}
