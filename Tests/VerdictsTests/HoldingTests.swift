import Specs
import Testing
import Values
import Verdicts

/// What keeps a change from going on whatever the evidence says.
@Suite("Readings that hold")
struct HoldingTests {
    private let objective = CheckSpec(
        name: "promise", kind: .slo(bad: "bad", total: "all", objective: Percentage(99)))

    @Test("while an incident hits everybody its checks hold, and no longer than it lasts")
    func incident() {
        var world = World(seed: 11)
        world.checks = [World.errorCheck, objective]
        world.incident = (300, 900, 20, nil)
        var engine = world.engine()
        for second in stride(from: 5, through: 1200, by: 5) {
            engine.observe(world.tick(second))
            let readings = engine.readings
            #expect(engine.verdict != .fail)
            if second < 300 || second > 1000 {
                #expect(readings.allSatisfy { !$0.holds }, "\(second) s: \(readings.filter(\.holds).map(\.reason))")
            }
            if second > 330 && second < 900 {
                #expect(readings.allSatisfy { $0.holds && $0.verdict == .undecided }, "\(second) s")
                #expect(readings.reasonForDoubt(critical: [], budget: engine.budget)?.contains("incident") == true)
            }
        }
        #expect(engine.readings.reasonForDoubt(critical: [], budget: engine.budget) == nil)
        #expect(
            engine.readings[1].reason.hasSuffix(
                "it was missed, but by the baseline as well: an incident that is over, not the change"))
    }
}
