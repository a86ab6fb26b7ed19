import NIOCore
import Ports
import Values

/// What all connections share to bring metrics in and to query them.
final class MetricsDesk: Sendable {
    let keeper: any MetricsKeeper
    let queries: QueryDesk
    let intake: MetricsIntake
    let startedAt = currentTime()

    init(_ keeper: any MetricsKeeper, serving: QueryServing) {
        self.keeper = keeper
        queries = QueryDesk(serving)
        intake = MetricsIntake(keeper)
    }

    /// Ends the threads. No connection may be left.
    func close() async {
        await queries.shutDown()
        await intake.shutDown()
    }
}
