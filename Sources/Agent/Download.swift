import AsyncHTTPClient
import Crypto
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Runtimes
import Supervision
import Values
import Wire

/// One attempt at getting an artefact's bytes. What an earlier attempt got is kept and gone on from.
struct Download {
    struct WrongDigest: Error, CustomStringConvertible {
        var wanted: String
        var found: String
        var description: String { "the download's digest is \(found), not \(wanted)" }
    }

    private let artefact: ArtefactReference
    private let fetcher: Fetcher
    private let path: String

    init(_ artefact: ArtefactReference, fetcher: Fetcher) {
        self.artefact = artefact
        self.fetcher = fetcher
        path = "\(fetcher.folder.downloads)/\(ArtefactDigest(artefact.digest)?.hexadecimal ?? "none").partial"
    }

    static func remove(_ path: String) { unlink(path) }

    /// - Returns: the path of the file, whose digest is the one wanted.
    func run() async throws -> String {
        let number = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw SystemError("opening \(path)", code: errno) }
        let file = Descriptor(number)
        var (hash, have) = try await hashSoFar(file)
        if have < artefact.size || artefact.size <= 0 {
            try await get(file, &hash, &have)
        }
        guard artefact.size <= 0 || have >= artefact.size else {
            throw SystemError("the download ended after \(have) of \(artefact.size) bytes", code: EPIPE)
        }
        let found = ArtefactDigest(hash: hash.finalize()).text
        guard found == artefact.digest else {
            unlink(path)
            throw WrongDigest(wanted: artefact.digest, found: found)
        }
        return path
    }

    /// The digest of what is there already. It blocks, so it runs on a thread of its own.
    private func hashSoFar(_ file: Descriptor) async throws -> (SHA256, Int64) {
        try await NIOThreadPool.singleton.runIfActive {
            var hash = SHA256()
            var offset: Int64 = 0
            var chunk = [UInt8](repeating: 0, count: 1 << 18)
            while true {
                let count = pread(file.number, &chunk, chunk.count, off_t(offset))
                guard count > 0 else { return (hash, offset) }
                chunk.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                offset += Int64(count)
            }
        }
    }

    private func get(_ file: Descriptor, _ hash: inout SHA256, _ have: inout Int64) async throws {
        var request: HTTPClientRequest
        if let url = artefact.url {
            // Somebody else's server: it never sees the agent's credential.
            request = HTTPClientRequest(url: url)
        } else {
            request = fetcher.client.request(.GET, "/v1/artefacts/\(artefact.digest)")
        }
        if have > 0 { request.headers.add(name: "Range", value: "bytes=\(have)-") }
        let response = try await fetcher.client.execute(request, timeout: .hours(6))
        if response.status == .rangeNotSatisfiable { unlink(path) }
        try await fetcher.client.check(response)
        if response.status != .partialContent, have > 0 {
            // The server starts from the beginning, so we do too.
            ftruncate(file.number, 0)
            (hash, have) = (SHA256(), 0)
        }
        var progress = Progress(artefact: artefact, fetcher: fetcher)
        for try await buffer in response.body {
            let bytes = Array(buffer: buffer)
            if artefact.size > 0, have + Int64(bytes.count) > artefact.size {
                unlink(path)
                throw WrongDigest(wanted: artefact.digest, found: "of more than \(artefact.size) bytes")
            }
            lseek(file.number, off_t(have), SEEK_SET)
            try AtomicFile.writeAll(bytes, to: file.number, path: path)
            hash.update(data: bytes)
            have += Int64(bytes.count)
            progress.reached(have)
        }
    }
}

/// Tells of a download's progress, at most every half second.
private struct Progress {
    let artefact: ArtefactReference
    let fetcher: Fetcher
    private var saidAt: Period?

    init(artefact: ArtefactReference, fetcher: Fetcher) {
        self.artefact = artefact
        self.fetcher = fetcher
    }

    mutating func reached(_ bytes: Int64) {
        let now = monotonicTime()
        guard artefact.size > 0, saidAt.map({ now - $0 >= .milliseconds(500) }) ?? true else { return }
        saidAt = now
        fetcher.say(artefact.digest, .fetching(detail: "\(bytes * 100 / artefact.size)%"))
    }
}
