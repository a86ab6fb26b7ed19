import Archives
import AsyncHTTPClient
import Logging
import NIOPosix
import Supervision
import Synchronization
import Values
import Wire

/// Gets artefacts onto the host: downloads, checks and unpacks each digest once, and keeps trying what may still come.
final class Fetcher: Sendable {
    /// What to fetch, and what to call a program that comes without an archive.
    struct Order: Hashable, Sendable {
        var artefact: ArtefactReference
        var executableName: String
    }

    /// After so many wrong downloads in a row a digest is given up.
    static let mostMismatches = 3
    private static let mostMissing = 3

    let client: ServerClient
    let folder: ArtefactFolder
    let snapshot: Snapshot
    let logger: Logger
    private let events: AgentEvents
    private let underWay = Mutex<Set<String>>([])
    private let orders: AsyncStream<Order>
    private let order: AsyncStream<Order>.Continuation

    init(
        client: ServerClient, folder: ArtefactFolder, snapshot: Snapshot, events: AgentEvents, logger: Logger
    ) {
        self.client = client
        self.folder = folder
        self.snapshot = snapshot
        self.events = events
        self.logger = logger
        (orders, order) = AsyncStream.makeStream()
    }

    /// Asks for an artefact; asking again while it is under way does nothing.
    func want(_ wanted: Order) {
        let digest = wanted.artefact.digest
        guard ArtefactDigest.isWellFormed(digest) else {
            return say(digest, .failed(step: .download, message: "'\(digest)' is not sha256: and 64 digits"))
        }
        if folder.has(digest) { return say(digest, .present) }
        guard underWay.withLock({ $0.insert(digest).inserted }) else { return }
        order.yield(wanted)
    }

    /// Works off the orders, two at a time, until cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            var busy = 0
            for await order in orders {
                if busy == 2 {
                    await group.next()
                    busy -= 1
                }
                busy += 1
                group.addTask { await self.fetch(order) }
            }
            group.cancelAll()
        }
    }

    private func fetch(_ order: Order) async {
        let digest = order.artefact.digest
        let outcome = await attempt(order)
        underWay.withLock { _ = $0.remove(digest) }
        if let outcome { return say(digest, outcome) }
        // Nobody wanted it any more; whoever wants it by now was not heard.
        if !Task.isCancelled, snapshot.wants(digest: digest) { want(order) }
    }

    /// - Returns: `nil` when nobody wanted it any more.
    private func attempt(_ order: Order) async -> ArtefactState? {
        let digest = order.artefact.digest
        var backOff = BackOff(first: .seconds(1), longest: .seconds(60))
        var (mismatches, missing) = (0, 0)
        while !Task.isCancelled, snapshot.wants(digest: digest) {
            do {
                try makeRoom(for: order.artefact)
                let file = try await Download(order.artefact, fetcher: self).run()
                return try await unpack(file, order)
            } catch let wrong as Download.WrongDigest {
                mismatches += 1
                logger.warning("a download is not what it should be", metadata: ["why": "\(wrong)"])
                if mismatches >= Fetcher.mostMismatches {
                    return .failed(step: .verify, message: wrong.description)
                }
            } catch let refusal as ServerRefusal where refusal.status == 404 || refusal.status == 410 {
                missing += 1
                if missing >= Fetcher.mostMissing {
                    return .failed(step: .download, message: "\(digest): \(refusal)")
                }
            } catch let full as NoRoom {
                missing += 1
                if missing >= Fetcher.mostMissing {
                    return .failed(step: .download, message: full.description)
                }
            } catch is CancellationError {
                return nil
            } catch {
                logger.debug("a download failed", metadata: ["digest": "\(digest)", "why": "\(describe(error))"])
                say(digest, .fetching(detail: "(tries again: \(describe(error)))"))
            }
            await pause(backOff.next())
        }
        return nil
    }

    func say(_ digest: String, _ state: ArtefactState) { events.yield(.artefact(digest: digest, state)) }

    private struct NoRoom: Error, CustomStringConvertible {
        var description: String
    }

    /// Checks that the disk can take it, after removing what nobody wants.
    private func makeRoom(for artefact: ArtefactReference) throws {
        // The download and what it unpacks to are there together for a moment; a reserve keeps the host usable.
        let (size, isTooLarge) = artefact.size.multipliedReportingOverflow(by: 3)
        let needed = isTooLarge ? .max : size.addingReportingOverflow(64 << 20).partialValue
        if folder.available >= needed { return }
        let wanted = snapshot.host.services.values.flatMap(\.wantedVersions).map(\.artefact.digest)
        let removed = folder.collect(quota: 0, wanted: Set(wanted)).removed
        if !removed.isEmpty {
            logger.info("removed unwanted artefacts to make room", metadata: ["count": "\(removed.count)"])
        }
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
