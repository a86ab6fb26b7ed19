import Logging
import Ports
import Scraping
import Series
import Values

/// Brings the server's own metrics into its store, as if it were scraped: `job="halcyon"`.
struct OwnScrape: Sendable {
    let surface: any ControlSurface
    let counters: ServerCounters
    let metrics: any MetricsKeeper
    let every: Period
    /// Where the server listens.
    let instance: String
    let logger: Logger

    /// Scrapes until the task is cancelled.
    func run() async {
        let target = ScrapeTarget(labels: [("job", "halcyon"), ("instance", instance)])
        var intake = TargetIntake(target, startedAt: counters.startedAt)
        var isRefused = false
        while !Task.isCancelled {
            let began = currentTime()
            let text = MetricsText.render(
                .openMetrics, counters: counters, figures: await surface.figures(), metrics: metrics.condition())
            let duration = Double((currentTime() - began).milliseconds) / 1000
            var next = intake
            do throws(MetricsRefusal) {
                for batch in next.take(Array(text.utf8), isOpenMetrics: true, duration: duration, at: began) {
                    _ = try metrics.take(batch, now: began, whenDurable: { _ in })
                }
                (intake, isRefused) = (next, false)
            } catch {
                // The store itself says why, and goes on saying so in the status.
                if !isRefused { logger.warning("the server's own metrics are not kept: \(error)") }
                isRefused = true
            }
            do { try await Task.sleep(for: .milliseconds(every.milliseconds)) } catch { return }
        }
    }
}
