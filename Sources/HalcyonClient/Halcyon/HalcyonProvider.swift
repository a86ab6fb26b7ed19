import EventStreams
import Synchronization

/// Evaluates flags in the process, on a copy that a Halcyon server keeps up to date.
///
/// It starts with what was known last, or with the bootstrap file, and goes on with what it has whenever the server is away.
/// Evaluation never waits for anything.
public final class HalcyonProvider: FlagProvider {
    public let name = "halcyon"
    public let cell: SnapshotCell?
    let configuration: HalcyonConfiguration
    let flags: SnapshotCell
    let listeners = Listeners<ProviderEvent>()
    let usage = UsageBook()
    let measures = MeasureBook()
    let reporting = ReportBeat()
    let link: ServerLink

    private struct State {
        var status = ProviderStatus.notReady
        var work: Task<Void, Never>?
        var lastError: String?
        var setsHeard = 0
    }

    private let state = Mutex(State())

    /// Reads the file of the last known flags, or else the bootstrap file, if there are any.
    public init(_ configuration: HalcyonConfiguration) {
        self.configuration = configuration
        link = ServerLink(configuration: configuration)
        flags = SnapshotCell()
        cell = flags
        if let known = HalcyonProvider.load(configuration) {
            flags.publish(known)
            usage.follow(known)
            measures.follow(known)
            state.withLock { $0.status = .stale }
        }
    }

    private static func load(_ configuration: HalcyonConfiguration) -> FlagSnapshot? {
        if let path = configuration.lastKnownFile, let known = FlagFile.read(path) { return known }
        guard let path = configuration.bootstrapFile, let bytes = fileBytes(path) else { return nil }
        return try? FlagFile.compile(bytes, file: path, bucketing: configuration.bucketing)
    }

    public var hooks: [any FlagHook] { configuration.hooks }
    public var status: ProviderStatus { state.withLock { $0.status } }

    /// Why the server could not be heard the last time; `nil` while it is.
    public var lastError: String? { state.withLock { $0.lastError } }

    /// The flags that are evaluated at present.
    public var snapshot: FlagSnapshot { flags.snapshot }

    // MARK: Evaluation

    public func resolve(_ key: String, as kind: FlagKind, in context: EvaluationContext) -> ProviderAnswer {
        let status = status
        if status == .notReady || status == .fatal {
            return .failed(
                .providerNotReady, status == .fatal ? "the provider was shut down" : "no flags have arrived yet")
        }
        let snapshot = flags.snapshot
        guard let flag = snapshot.index(of: key) else { return .failed(.flagNotFound, "there is no flag '\(key)'") }
        var bound = BoundContext()
        snapshot.bind(context, into: &bound)
        let resolution = snapshot.evaluate(flag, in: &bound, at: .now())
        snapshot.counters.count(flag: flag, variant: resolution.variant)
        var answer = ProviderAnswer(value: nil, reason: resolution.reason, metadata: snapshot.metadata(flag))
        if let error = resolution.error {
            answer.errorCode = error
            answer.errorMessage = "the flag '\(key)' cannot be evaluated: \(snapshot.details(of: error, flag))"
        } else if resolution.variant >= 0 {
            let variant = snapshot.variantName(flag, resolution.variant)
            if measures.isWatching, let targetingKey = context.targetingKey, let mark = measures.mark(of: key) {
                let isDrawn = mark.isDrawn(flag, in: context, resolution, snapshot)
                measures.note(key: targetingKey, key, variant, mark, isDrawn: isDrawn)
            }
            answer.variant = variant
            answer.value = snapshot.value(flag, resolution.variant)
        }
        return answer
    }

    public func track(_ event: String, context: EvaluationContext, details: TrackingDetails) {
        configuration.onTrack?(event, context, details)
        guard measures.isWatching else { return }
        // Whoever is given a variant counts with it, whether or not the code has asked: both variants' alike.
        let snapshot = flags.snapshot
        var bound = BoundContext()
        snapshot.bind(context, into: &bound)
        for (key, mark) in measures.watched {
            guard let flag = snapshot.index(of: key) else { continue }
            let resolution = snapshot.evaluate(flag, in: &bound, at: .now())
            guard resolution.error == nil, resolution.variant >= 0,
                mark.isComparable(flag, in: context, resolution, snapshot)
            else { continue }
            measures.note(event: event, key, snapshot.variantName(flag, resolution.variant))
        }
    }

    public func measured(_ key: String, variant: String, in context: EvaluationContext, took: Duration, failed: Bool) {
        if measures.isWatching, let mark = measures.mark(of: key), mark.isSplit, mark.rules > 0 {
            let snapshot = flags.snapshot
            guard let flag = snapshot.index(of: key) else { return }
            var bound = BoundContext()
            snapshot.bind(context, into: &bound)
            let resolution = snapshot.evaluate(flag, in: &bound, at: .now())
            guard mark.isComparable(flag, in: context, resolution, snapshot) else { return }
        }
        measures.note(key, variant, took: took, failed: failed)
    }

    // MARK: Life

    public func events() -> AsyncStream<ProviderEvent> {
        let first: ProviderEvent? =
            switch status {
            case .ready: .ready
            case .stale: .stale
            case .notReady, .error, .fatal: nil
            }
        return listeners.listen(first: first)
    }

    public func start() {
        state.withLock { state in
            guard state.work == nil, state.status != .fatal else { return }
            // The one task of a provider that nobody awaits: it lives until `shutdown`, which ends and awaits it.
            state.work = Task { await self.run() }
        }
    }

    /// Follows the server until the task is cancelled. An alternative to `start` for programs that keep their tasks together.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.follow() }
            if let interval = self.configuration.usageInterval { group.addTask { await self.report(every: interval) } }
        }
    }

    public func ready(within limit: Duration) async -> Bool {
        let events = events()
        if status == .ready { return true }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await event in events where event == .ready { return true }
                return false
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let isReady = await group.next() ?? false
            group.cancelAll()
            return isReady
        }
    }

    public func shutdown() async {
        let work = state.withLock { state in
            defer { state.work = nil }
            state.status = .fatal
            return state.work
        }
        work?.cancel()
        await work?.value
        if configuration.usageInterval != nil { await sendUsage() }
        listeners.finish()
    }

    // MARK: What the work finds

    /// How many sets the server has sent.
    var setsHeard: Int { state.withLock { $0.setsHeard } }
    func noteSet() { state.withLock { $0.setsHeard += 1 } }

    /// The server is heard, and these flags are its newest.
    func isReady() {
        let isNew = change(to: .ready, error: nil)
        if isNew { listeners.tell(.ready) }
    }

    /// The server is not heard.
    func isAway(_ reason: String) {
        let hasFlags = flags.snapshot.count > 0 || status != .notReady
        if change(to: hasFlags ? .stale : .notReady, error: reason), hasFlags { listeners.tell(.stale) }
    }

    func isWrong(_ message: String) {
        state.withLock { $0.lastError = message }
        listeners.tell(.error(message: message))
    }

    /// Returns whether that is news.
    private func change(to status: ProviderStatus, error: String?) -> Bool {
        state.withLock { state in
            state.lastError = error
            guard state.status != .fatal, state.status != status else { return false }
            state.status = status
            return true
        }
    }
}
