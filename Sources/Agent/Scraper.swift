import Runtimes
import Specs
import Supervision
import Values
import Wire

/// Reads an instance's metrics at its service's interval, from when it is ready until it is gone.
struct Scraper: Sendable {
    static let largestAnswer = 4 << 20

    var client: InstanceClient
    var runtime: ExecRuntime
    var snapshot: Snapshot
    var queue: SampleQueue

    func run(service: String, instance: Instance) async {
        guard let source = instance.version.run.metrics else { return }
        defer { client.forget(instance.id) }
        let every = max(source.every, .milliseconds(100))
        // Spreads the scrapes of one host's services over the interval.
        await pause(.milliseconds(Int64(stableHash(instance.id) % UInt64(every.milliseconds))))
        while !Task.isCancelled, runtime.running(instance.id) != nil {
            if snapshot.instance(service, instance.id)?.phase != .starting {
                let started = monotonicTime()
                await scrape(service: service, instance: instance, source: source)
                let rest = every - (monotonicTime() - started)
                await pause(max(rest, .milliseconds(10)))
            } else {
                await pause(min(every, .milliseconds(250)))
            }
        }
    }

    private func scrape(service: String, instance: Instance, source: MetricsSource) async {
        guard let running = runtime.running(instance.id) else { return }
        let (at, began) = (wallTime(), monotonicTime())
        var head = ScrapeHead(
            service: service, version: instance.version.version, instance: instance.id, startedAt: instance.startedAt,
            at: at, up: false, duration: 0)
        var text: [UInt8] = []
        do throws(InstanceClient.Failure) {
            let answer = try await client.get(
                running, path: source.path, timeout: source.timeout, limit: Scraper.largestAnswer,
                isAlone: { snapshot.isAlone(service, instance.id) })
            if answer.status == 200 {
                head.up = true
                text = SampleQueue.withoutComments(answer.body)
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
