import Archives
import AsyncHTTPClient
import Logging
import NIOPosix
import Supervision
import Synchronization
import Values
import Wire

/// Gets artefacts onto the host: downloads, checks and unpacks each digest once, and keeps trying what may still come.
///
/// Two at a time; what fails makes place for others until it is its turn again.
final class Fetcher: Sendable {
    /// What to fetch, and what to call a program that comes without an archive.
    struct Order: Hashable, Sendable {
        var artefact: ArtefactReference
        var executableName: String
    }

    /// After so many wrong downloads in a row a digest is given up.
    static let mostMismatches = 3
    private static let mostMissing = 3
    private static let mostAtOnce = 2

    /// An order, and what became of it so far.
    private struct Work {
        var order: Order
        var number: Int
        var isBusy = false
        /// By the monotonic clock.
        var notBefore = Period.zero
        var backOff = BackOff(first: .seconds(1), longest: .seconds(60))
        var mismatches = 0
        var missing = 0
    }

    private struct State {
        var work: [String: Work] = [:]
        var orders = 0
    }

    let client: ServerClient
    let folder: ArtefactFolder
    let snapshot: Snapshot
    let logger: Logger
    private let events: AgentEvents
    private let state = Mutex(State())
    /// Rings when there may be something to do.
    private let rings: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    init(
        client: ServerClient, folder: ArtefactFolder, snapshot: Snapshot, events: AgentEvents, logger: Logger
    ) {
        self.client = client
        self.folder = folder
        self.snapshot = snapshot
        self.events = events
        self.logger = logger
        (rings, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Asks for an artefact; asking again while it is under way does nothing.
    func want(_ wanted: Order) {
        let digest = wanted.artefact.digest
        guard ArtefactDigest.isWellFormed(digest) else {
            return say(digest, .failed(step: .download, message: "'\(digest)' is not sha256: and 64 digits"))
        }
        if folder.has(digest) { return say(digest, .present) }
        state.withLock { state in
            guard state.work[digest] == nil else { return }
            state.orders += 1
            state.work[digest] = Work(order: wanted, number: state.orders)
        }
        ring.yield()
    }

    /// Works off the orders until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await _ in rings {
                while let work = next() { group.addTask { await self.attempt(work) } }
            }
            group.cancelAll()
        }
    }

    /// The most urgent of those whose time has come, unless enough are under way: what is to run before what may be needed.
    private func next() -> Work? {
        let now = monotonicTime()
        let purposes = state.withLock { Array($0.work.keys) }.map { ($0, snapshot.purpose(digest: $0)) }
        let purpose = Dictionary(purposes, uniquingKeysWith: { $1 })
        return state.withLock { state in
            guard state.work.values.count(where: \.isBusy) < Fetcher.mostAtOnce else { return nil }
            let due = state.work.values.filter { !$0.isBusy && $0.notBefore <= now }
            // What nobody wants any more is taken, too: to be forgotten.
            let rank = { (work: Work) in (purpose[work.order.artefact.digest] ?? nil)?.rawValue ?? -1 }
            guard let first = due.min(by: { (rank($0), $0.number) < (rank($1), $1.number) }) else { return nil }
            state.work[first.order.artefact.digest]?.isBusy = true
            return first
        }
    }

    /// One attempt. When there is to be another, its place is free meanwhile.
    private func attempt(_ work: Work) async {
        let digest = work.order.artefact.digest
        var work = work
        var outcome: ArtefactState?
        let isWanted = snapshot.wants(digest: digest)
        if isWanted { outcome = await advance(&work) }
        if Task.isCancelled { return }
        if isWanted, outcome == nil {
            let wait = work.backOff.next()
            work.notBefore = monotonicTime() + wait
            work.isBusy = false
            state.withLock { [work] in $0.work[digest] = work }
            ring.yield()
            await pause(wait + .milliseconds(1))
            ring.yield()
            return
        }
        state.withLock { $0.work[digest] = nil }
        ring.yield()
        if let outcome { return say(digest, outcome) }
        // Nobody wanted it any more; whoever wants it by now was not heard.
        if snapshot.wants(digest: digest) { want(work.order) }
    }

    /// - Returns: what is to be told; `nil` when it is to be tried again.
    private func advance(_ work: inout Work) async -> ArtefactState? {
        let (order, digest) = (work.order, work.order.artefact.digest)
        do {
            try await makeRoom(for: order.artefact)
            let file = try await Download(order.artefact, fetcher: self).run()
            return try await unpack(file, order)
        } catch let wrong as Download.WrongDigest {
            work.mismatches += 1
            logger.warning("a download is not what it should be", metadata: ["why": "\(wrong)"])
            if work.mismatches >= Fetcher.mostMismatches {
                return .failed(step: .verify, message: wrong.description)
            }
        } catch let refusal as ServerRefusal where refusal.status == 404 || refusal.status == 410 {
            work.missing += 1
            if work.missing >= Fetcher.mostMissing {
                return .failed(step: .download, message: "\(digest): \(refusal)")
            }
        } catch let full as NoRoom {
            work.missing += 1
            if work.missing >= Fetcher.mostMissing {
                return .failed(step: .download, message: full.description)
            }
        } catch is CancellationError {
            return nil
        } catch {
            logger.debug("a download failed", metadata: ["digest": "\(digest)", "why": "\(describe(error))"])
            say(digest, .fetching(detail: "(tries again: \(describe(error)))"))
        }
        return nil
    }

    func say(_ digest: String, _ state: ArtefactState) { events.yield(.artefact(digest: digest, state)) }

    private struct NoRoom: Error, CustomStringConvertible {
        var description: String
    }

    /// Checks that the disk can take it, after removing what nobody wants.
    private func makeRoom(for artefact: ArtefactReference) async throws {
        // The download and what it unpacks to are there together for a moment; a reserve keeps the host usable.
        let (size, isTooLarge) = artefact.size.multipliedReportingOverflow(by: 3)
        let (sum, isFarTooLarge) = size.addingReportingOverflow(64 << 20)
        let needed = isTooLarge || isFarTooLarge ? .max : sum
        if folder.available >= needed { return }
        // Only the loop knows what it is about to start.
        let (answer, done) = AsyncStream<Void>.makeStream()
        events.yield(.makeRoom(done))
        for await _ in answer {}
        guard folder.available >= needed else {
            throw NoRoom(
                description: "the disk of \(folder.path) has \(ByteSize(bytes: folder.available)) left; "
                    + "\(ByteSize(bytes: needed)) are needed to download and unpack")
        }
    }

    private func unpack(_ file: String, _ order: Order) async throws -> ArtefactState {
        guard let target = folder.folder(order.artefact.digest) else {
            return .failed(step: .unpack, message: "no digest")
        }
        say(order.artefact.digest, .fetching(detail: "(unpacking)"))
        let result: Result<UnpackedArtefact, ArchiveError> = try await NIOThreadPool.singleton.runIfActive {
            do throws(ArchiveError) {
                return .success(try Archives.unpack(file, into: target, executableName: order.executableName))
            } catch {
                return .failure(error)
            }
        }
        Download.remove(file)
        switch result {
        case .success(let unpacked):
            folder.noteUse(order.artefact.digest, bytes: unpacked.bytes)
            return .present
        case .failure(let error):
            return .failed(step: .unpack, message: "\(error)")
        }
    }
}
