import Series
import Specs
import Synchronization
import Targets
import Values
import Wire

/// One target that is scraped, and what is remembered of it from scrape to scrape.
final class TargetSource: Sendable {
    private struct State {
        var job: ScrapeJob
        var relabelling: SampleRelabelling?
        var shown = ShownMetadata()
        var isBusy = false
        var isGone = false
    }

    let endpoint: ScrapeEndpoint
    private let external: [(name: String, value: String)]
    private let state: Mutex<State>
    private let queue: SampleQueue

    init(_ endpoint: ScrapeEndpoint, of job: ScrapeJob, external: [(name: String, value: String)], queue: SampleQueue) {
        self.endpoint = endpoint
        self.external = external
        self.queue = queue
        let relabelling =
            job.sampleRelabelling.isEmpty
            ? nil
            : SampleRelabelling(
                rules: job.sampleRelabelling,
                labels: endpoint.labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
                external: external, honorsLabels: job.rules.honorLabels)
        state = Mutex(State(job: job, relabelling: relabelling))
    }

    /// What it says from now on counts no more.
    func end() { state.withLock { $0.isGone = true } }

    /// Asks for what it shows. Nothing happens while it is still being asked.
    ///
    /// - Parameter refusal: why nothing is asked and the scrape has failed.
    func scrape(_ client: TargetClient, refusal: String?, path: (String) -> String) async {
        let begun = state.withLock { state -> ScrapeJob? in
            guard !state.isBusy, !state.isGone else { return nil }
            state.isBusy = true
            return state.job
        }
        guard let job = begun else { return }
        defer { state.withLock { $0.isBusy = false } }
        var head = ScrapeHead(
            service: "", version: "", instance: endpoint.id, startedAt: .epoch, at: wallTime(), up: false, duration: 0)
        head.target = told(job)
        let began = monotonicTime()
        var text: [UInt8] = []
        do throws(TargetClient.Failure) {
            if let refusal { throw TargetClient.Failure(description: refusal) }
            let answer = try await client.get(endpoint, of: job, path: path)
            guard answer.status == 200 else {
                throw TargetClient.Failure(description: "\(endpoint.url) answered \(answer.status)")
            }
            head.openMetrics = answer.contentType.hasPrefix("application/openmetrics-text") ? true : nil
            text = try rewritten(answer.body, job.rules, &head)
            head.up = true
        } catch {
            // Nobody is left to be told when the agent ends in the middle of a scrape.
            if Task.isCancelled { return }
            head.failure = error.description
        }
        head.duration = (monotonicTime() - began).seconds
        // Not without a lock: what is gone must not come after the list that says so.
        state.withLock { state in
            guard !state.isGone else { return }
            queue.add(head, text: state.shown.text(text, at: began))
        }
    }

    private func told(_ job: ScrapeJob) -> ScrapedTarget {
        var target = ScrapedTarget(labels: endpoint.labels)
        if !external.isEmpty {
            target.external = Dictionary(external.map { ($0.name, $0.value) }) { first, _ in first }
        }
        target.isRelabelled = job.sampleRelabelling.isEmpty ? nil : true
        target.honorLabels = job.rules.honorLabels ? true : nil
        target.honorTimestamps = job.rules.honorTimestamps ? true : nil
        target.sampleLimit = job.rules.sampleLimit
        target.labelLimit = job.rules.labelLimit
        target.labelNameLengthLimit = job.rules.labelNameLengthLimit
        target.labelValueLengthLimit = job.rules.labelValueLengthLimit
        return target
    }

    /// What is larger after relabelling the server would not take.
    private static let mostBytes = 7 << 20

    private func rewritten(
        _ text: [UInt8], _ rules: ScrapeRules, _ head: inout ScrapeHead
    ) throws(TargetClient.Failure) -> [UInt8] {
        let known = state.withLock { state in
            defer { state.relabelling = nil }
            return state.relabelling
        }
        guard var relabelling = known else { return text }
        defer { state.withLock { $0.relabelling = relabelling } }
        // What is left counts against the limits; the server looks at that.
        let limits = ExpositionLimits(labelsPerSample: max(64, rules.labelLimit ?? 0), samples: 1_000_000)
        let (result, samples): ([UInt8], Int)
        do throws(ExpositionError) {
            (result, samples) = try relabelling.rewrite(text, isOpenMetrics: head.isOpenMetrics, limits: limits)
        } catch {
            throw TargetClient.Failure(description: error.description)
        }
        guard result.count <= TargetSource.mostBytes else {
            throw TargetClient.Failure(description: "the answer has \(result.count) bytes after relabelling: too many")
        }
        head.target?.samples = samples
        return result
    }
}
