import Simulation
import Testing

/// Ten thousand schedules of successive rollouts with partitions, crashes, failing hosts, strays, newcomers, people and a
/// control plane that is killed at any point.
@Suite("Random schedules")
struct RandomScheduleTests {
    static let chunks = Array(0..<20)
    static let perChunk: UInt64 = 500

    @Test("no schedule breaks a promise", arguments: chunks)
    func schedules(chunk: Int) {
        for offset in 0..<RandomScheduleTests.perChunk {
            let seed = UInt64(chunk) * RandomScheduleTests.perChunk + offset
            let broken = Promises.firstBroken(seed: seed)
            #expect(broken == nil, "seed \(seed): \(broken ?? "")")
        }
    }

    /// A promise that nothing can break says nothing: each defect must be seen, by the promise that forbids it.
    @Test(
        "each defect is caught",
        arguments: zip(
            SimulatedFault.allCases,
            [
                "told before it was stored", "a third version", "too many out of service", "beyond the wave's share",
                "too many go back at once", "a host is left behind", "a state that its events do not lead to",
            ]))
    func mutants(fault: SimulatedFault, promise: String) {
        let broken = (0..<300).lazy.compactMap { Promises.firstBroken(seed: $0, fault: fault) }
        #expect(broken.contains { $0.contains(promise) }, "\(fault) was not caught")
    }
}
