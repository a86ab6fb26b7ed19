public import MetricsFormats
public import Values
import Wire

/// What is remembered of one target that is scraped in this process, so that its texts become the right samples.
public struct TargetIntake: Sendable {
    private var state: SourceState
    private let target: ScrapeTarget

    /// - Parameter startedAt: when the target's process started: its counters were 0 then.
    public init(_ target: ScrapeTarget, startedAt: Timestamp) {
        self.target = target
        state = SourceState(target, startedAt: startedAt.milliseconds, nil)
    }

    /// The samples of one scrape, to be taken in one batch after the other.
    /// - Parameter duration: of the scrape, in seconds.
    public mutating func take(
        _ text: [UInt8], isOpenMetrics: Bool, duration: Double, at: Timestamp
    ) -> [IngestBatch] {
        var turn = ScrapeTurn(state: state, target: target, at: at.milliseconds)
        turn.take(
            ScrapeHead(
                service: "", version: "", instance: "", startedAt: at, at: at, up: true, duration: duration,
                openMetrics: isOpenMetrics), text)
        state = turn.state
        return turn.batches
    }
}
