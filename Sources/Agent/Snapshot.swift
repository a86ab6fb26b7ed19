import Supervision
import Synchronization
import Wire

/// The machines as they are now, for everything beside the loop that only looks.
final class Snapshot: Sendable {
    private struct Content {
        var host = HostMachine()
        var warnings: [String] = []
        /// Why the server's desired state is not followed; `nil` when it is.
        var refusal: String?
        /// Why artefacts take more room than they should; `nil` when they do not.
        var overQuota: String?
        var heartbeat: Int64 = 10_000
        var isConnected = false
    }

    private let content = Mutex(Content())
    /// Rings when something worth a report has changed.
    let changes: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    init() {
        (changes, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var host: HostMachine { content.withLock(\.host) }
    var warnings: [String] {
        content.withLock { $0.warnings + [$0.refusal, $0.overQuota].compactMap { $0 } }
    }

    func update(_ host: HostMachine) {
        let isNews = content.withLock { content in
            defer { content.host = host }
            return content.host.epoch != host.epoch || content.host.generation != host.generation
                || content.host.services.mapValues { $0.report([:]) } != host.services.mapValues { $0.report([:]) }
        }
        if isNews { ring.yield() }
    }

    func wantReport() { ring.yield() }

    /// A sentence that is shown with the host from now on.
    func warn(_ warning: String) {
        content.withLock { content in
            guard !content.warnings.contains(warning) else { return }
            content.warnings = (content.warnings + [warning]).suffix(20)
        }
        ring.yield()
    }

    /// Notes that the server's desired state is refused, or with `nil` that it is followed again.
    ///
    /// - Returns: whether that is news.
    @discardableResult
    func note(refusal: String?) -> Bool {
        note(refusal) { content, words in swap(&content.refusal, &words) }
    }

    /// Notes that wanted artefacts alone take more than their quota, or with `nil` that they do not any more.
    ///
    /// - Returns: whether it is said for the first time.
    func note(overQuota: String?) -> Bool {
        note(overQuota) { content, words in swap(&content.overQuota, &words) } && overQuota != nil
    }

    private func note(_ words: String?, _ exchange: (inout Content, inout String?) -> Void) -> Bool {
        var old = words
        content.withLock { exchange(&$0, &old) }
        if old != words { ring.yield() }
        return old != words
    }

    /// How often a report is wanted, in milliseconds.
    var heartbeat: Int64 {
        get { content.withLock(\.heartbeat) }
        set { content.withLock { $0.heartbeat = min(max(newValue, 500), 300_000) } }
    }

    func machine(_ service: String) -> ServiceMachine? { content.withLock { $0.host.services[service] } }

    func instance(_ service: String, _ id: String) -> Instance? {
        machine(service)?.instances.first { $0.id == id }
    }

    /// Whether this instance is the service's only one. A successor is known here before it is started.
    func isAlone(_ service: String, _ id: String) -> Bool {
        machine(service)?.instances.map(\.id) == [id]
    }

    /// Whether anything on this host still wants the artefact.
    func wants(digest: String) -> Bool {
        content.withLock { content in
            content.host.services.values.contains { machine in
                machine.wantedVersions.contains { $0.artefact.digest == digest }
            }
        }
    }
}
