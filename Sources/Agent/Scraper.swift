import Runtimes
import Specs
import Supervision
import Values
import Wire

/// Reads an instance's metrics at its service's interval, from when it is ready until it is gone.
struct Scraper: Sendable {
    var client: InstanceClient
    var runtime: ExecRuntime
    var snapshot: Snapshot
    var queue: SampleQueue

    func run(service: String, instance: Instance) async {
        guard let source = instance.version.run.metrics else { return }
        defer { client.forget(instance.id) }
        var shown = ShownMetadata()
        let every = max(source.every, .milliseconds(100))
        // Spreads the scrapes of one host's services over the interval.
        await pause(.milliseconds(Int64(stableHash(instance.id) % UInt64(every.milliseconds))))
        while !Task.isCancelled, runtime.running(instance.id) != nil {
            if snapshot.instance(service, instance.id)?.phase != .starting {
                let started = monotonicTime()
                await scrape(service: service, instance: instance, source: source, &shown)
                let rest = every - (monotonicTime() - started)
                await pause(max(rest, .milliseconds(10)))
            } else {
                await pause(min(every, .milliseconds(250)))
            }
        }
        // While the agent itself ends, its instances go on.
        if runtime.running(instance.id) == nil { queue.add(head(service, instance, ended: true), text: []) }
    }

    private func head(_ service: String, _ instance: Instance, ended: Bool? = nil) -> ScrapeHead {
        ScrapeHead(
            service: service, version: instance.version.version, instance: instance.id, startedAt: instance.startedAt,
            at: wallTime(), up: false, duration: 0, ended: ended)
    }

    private func scrape(
        service: String, instance: Instance, source: MetricsSource, _ shown: inout ShownMetadata
    ) async {
        guard let running = runtime.running(instance.id) else { return }
        var head = head(service, instance)
        let began = monotonicTime()
        var text: [UInt8] = []
        do throws(InstanceClient.Failure) {
            let answer = try await client.get(
                running, path: source.path, timeout: source.timeout,
                limit: Int(min(source.rules.bodySizeLimit ?? ScrapeRules.largestBody, ScrapeRules.largestBody).bytes),
                isAlone: { snapshot.isAlone(service, instance.id) })
            if answer.status == 200 {
                head.up = true
                head.openMetrics = answer.contentType.hasPrefix("application/openmetrics-text") ? true : nil
                text = shown.text(answer.body, at: began)
            } else {
                head.failure = "\(source.path) answered \(answer.status)"
            }
        } catch {
            // An instance that ends in the middle of a scrape has not failed it.
            if runtime.running(instance.id) == nil { return }
            head.failure = error.description
        }
        head.duration = (monotonicTime() - began).seconds
        queue.add(head, text: text)
    }
}
