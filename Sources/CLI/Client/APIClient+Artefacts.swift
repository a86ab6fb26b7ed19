import AsyncHTTPClient
import Crypto
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Wire

extension APIClient {
    /// The size of an artefact in the server's store, or `nil` when it is not there.
    func artefactSize(digest: String) async throws -> Int64? {
        do {
            let response = try await send(request(.HEAD, Path("artefacts", digest)))
            return response.headers.first(name: "Content-Length").flatMap { Int64($0) } ?? 0
        } catch let problem as Problem where problem.kind == .notFound {
            return nil
        }
    }

    /// Streams a file into the server's store, which checks the digest.
    func upload(
        _ file: FileBytes, digest: String, size: Int64, progress: @escaping @Sendable (Int64) -> Void
    ) async throws -> UploadAnswer {
        var request = request(.PUT, Path("artefacts"))
        request.headers.add(name: "Content-Type", value: "application/octet-stream")
        request.headers.add(name: "X-Halcyon-Digest", value: digest)
        file.rewind()
        request.body = .stream(FileChunks(file: file, progress: progress), length: .known(size))
        // No time limit on the whole: a slow line may take hours, and a dead one is noticed by its silence.
        let body = try await send(request, timeout: .hours(24)).body
        let answer = try await body.collect(upTo: 1 << 20)
        do {
            return try JSONDecoder().decode(UploadAnswer.self, from: Data(answer.readableBytesView))
        } catch {
            throw CommandFailure.failed("\(location.address) did not confirm the upload in a way known here")
        }
    }
}

/// A file as the body of a request. It reports the total number of bytes read after each piece.
struct FileChunks: AsyncSequence, Sendable {
    let file: FileBytes
    let progress: @Sendable (Int64) -> Void

    func makeAsyncIterator() -> Iterator {
        Iterator(file: file, progress: progress)
    }

    struct Iterator: AsyncIteratorProtocol {
        let file: FileBytes
        let progress: @Sendable (Int64) -> Void
        var total: Int64 = 0

        mutating func next() async throws -> ByteBuffer? {
            let bytes = try file.next()
            guard !bytes.isEmpty else { return nil }
            total += Int64(bytes.count)
            progress(total)
            return ByteBuffer(bytes: bytes)
        }
    }
}

/// The SHA-256 of bytes that come in pieces.
struct DigestCounter {
    private var hash = SHA256()
    private(set) var size: Int64 = 0

    mutating func take(_ bytes: [UInt8]) {
        hash.update(data: bytes)
        size += Int64(bytes.count)
    }

    /// `sha256:` and 64 hexadecimal digits.
    func digest() -> String {
        ArtefactDigest(hash: hash.finalize()).text
    }
}
