import NIOCore
import Ports
import Values

/// What all connections share to bring metrics in and to query them.
final class MetricsDesk: Sendable {
    let keeper: any MetricsKeeper
    /// What brings metrics in by itself.
    let work: (any MetricsWork)?
    let queries: QueryDesk
    let intake: MetricsIntake
    let startedAt = currentTime()

    init(_ keeper: any MetricsKeeper, serving: QueryServing, work: (any MetricsWork)? = nil) {
        self.keeper = keeper
        self.work = work
        queries = QueryDesk(serving)
        intake = MetricsIntake(keeper)
    }

    /// Ends the threads. No connection may be left.
    func close() async {
        await queries.shutDown()
        await intake.shutDown()
    }
}
