import Supervision
import Synchronization
import Wire

/// The machines as they are now, for everything beside the loop that only looks.
final class Snapshot: Sendable {
    private struct Content {
        var host = HostMachine()
        var warnings: [Warning: String] = [:]
        var heartbeat: Int64 = 10_000
    }

    /// What a sentence is about. It is shown with the host until there is another one, or none any more.
    enum Warning: Hashable, Comparable, Sendable {
        /// The server's desired state is not followed.
        case refusal
        /// Artefacts take more room than they should.
        case overQuota
        /// The state cannot be written.
        case state
        /// The certificates for the server cannot be read.
        case certificates
        /// An event of the server of this name could not be read.
        case event(String)
        /// A file could not be read, and was set aside under this name.
        case setAside(String)
        /// What is to be scraped beside services cannot be read.
        case scrapeConfiguration
        /// The listening socket of an instance could not be had back.
        case lostSocket(String)
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
        content.withLock { $0.warnings.sorted { $0.key < $1.key }.map(\.value) }
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

    /// Notes a sentence that is shown with the host from now on, or with `nil` that there is nothing to say any more.
    ///
    /// - Returns: whether that is news.
    @discardableResult
    func note(_ warning: Warning, _ words: String?) -> Bool {
        let isNews = content.withLock { content in
            defer { content.warnings[warning] = words }
            return content.warnings[warning] != words
        }
        if isNews { ring.yield() }
        return isNews
    }

    /// Removes the sentences for which `isOver` is true.
    func clear(where isOver: (Warning) -> Bool) {
        for warning in content.withLock({ Array($0.warnings.keys) }) where isOver(warning) { note(warning, nil) }
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

    /// What an artefact is wanted for on this host, the most urgent first; `nil` when nothing wants it.
    func purpose(digest: String) -> Purpose? {
        content.withLock { content in
            content.host.services.values.compactMap { machine -> Purpose? in
                if machine.desired?.run?.artefact.digest == digest { return .toRun }
                if machine.desired?.fallback?.artefact.digest == digest { return .toFallBack }
                return machine.wantedVersions.contains { $0.artefact.digest == digest } ? .toKeep : nil
            }.min()
        }
    }

    enum Purpose: Int, Comparable {
        case toRun, toFallBack, toKeep

        static func < (one: Purpose, other: Purpose) -> Bool { one.rawValue < other.rawValue }
    }

    /// Whether anything on this host still wants the artefact.
    func wants(digest: String) -> Bool { purpose(digest: digest) != nil }
}
