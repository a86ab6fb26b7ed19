import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("What SDKs measure")
struct FlagMeasuresTests {
    private func report(_ client: Int) -> SDKMeasures {
        let measured = SDKMeasures.Measured(
            flag: "new", variant: "on", requests: 5, errors: 1, micros: 9, buckets: [5], events: [])
        return SDKMeasures(client: "c\(client)", age: 1000, bounds: [], flags: [measured], exposures: [])
    }

    @Test("is counted of so many processes; how many more there are is said, while they are there")
    func limit() {
        let measures = FlagMeasures()
        let start = Timestamp(milliseconds: 1_764_579_600_000)
        for client in 0..<FlagMeasures.mostClients {
            let batch = measures.take(report(client), environment: "production", at: start)
            #expect(batch != nil)
        }
        #expect(measures.note(environment: "production", at: start) == nil)
        for client in [2000, 2001, 2001, 2002] {
            #expect(measures.take(report(client), environment: "production", at: start) == nil)
        }
        // Who is known stays so.
        #expect(measures.take(report(7), environment: "production", at: start) != nil)
        #expect(
            measures.note(environment: "production", at: start)
                == "1000 processes are counted, and 3 beyond those are left out")
        #expect(measures.note(environment: "test", at: start) == nil)
        // Those that are silent make room.
        let later = start + FlagMeasures.patience + .seconds(1)
        #expect(measures.take(report(2001), environment: "production", at: later) != nil)
        #expect(measures.note(environment: "production", at: later) == nil)
    }
}
