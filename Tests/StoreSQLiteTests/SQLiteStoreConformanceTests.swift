import HalcyonTesting
import Ports
import Testing

@testable import StoreSQLite

@Suite struct SQLiteStoreConformanceTests {
    @Test("keeps the promise", .timeLimit(.minutes(2)), arguments: DocumentStoreConformance.checks)
    func conforms(_ check: DocumentStoreConformance.Check) async {
        let failure = await check.run {
            let folder = try TemporaryFolder()
            let clock = ManualClock()
            let store = try SQLiteStore(path: folder.file("store.db"), limit: LogLimit(), now: { clock.now })
            return StoreUnderTest(store: store, pass: { clock.pass(seconds: $0) }) {
                await store.close()
                withExtendedLifetime(folder) {}
            }
        }
        #expect(failure == nil)
    }
}
