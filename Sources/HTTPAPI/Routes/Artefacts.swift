import HTTPTypes
import HummingbirdCore
import NIOCore
import Ports
import Wire

/// Takes an artefact piece by piece; nothing of it stays when the client goes away before the end.
@Sendable func uploadArtefact(_ call: Call) async throws -> Response {
    let expected = call.request.headers[.halcyonDigest]
    if let expected, !ArtefactDigest.isWellFormed(expected) {
        throw Problem(
            .invalid, "X-Halcyon-Digest is not a digest: '\(expected.prefix(80))'",
            hint: "It is sha256: and 64 hexadecimal digits in lower case.")
    }
    let announced = call.request.headers[.contentLength].flatMap { Int64($0) }
    let upload = try await call.parts.artefacts.beginUpload()
    do {
        var size: Int64 = 0
        for try await buffer in call.request.body {
            size += Int64(buffer.readableBytes)
            try await upload.append(Array(buffer.readableBytesView))
        }
        // The sequence also ends, without an error, when the connection does.
        if let announced, size != announced {
            throw Problem(
                .invalid, "the upload was cut off: \(size) of \(announced) bytes arrived", hint: "Send it again.")
        }
        guard announced != nil || call.channel.isActive else {
            throw Problem(.invalid, "the upload was cut off after \(size) bytes", hint: "Send it again.")
        }
        guard size > 0 else { throw Problem(.invalid, "the artefact is empty") }
        return .json(try await upload.finish(expected: expected))
    } catch {
        await upload.abandon()
        throw error
    }
}

/// Gives an artefact, whole or from a byte on, straight from its file and no faster than the client reads.
@Sendable func downloadArtefact(_ call: Call) async throws -> Response {
    let digest = call.name("digest")
    guard
        ArtefactDigest.isWellFormed(digest), let path = await call.parts.artefacts.path(digest: digest),
        let size = await call.parts.artefacts.size(digest: digest)
    else { throw Problem(.notFound, "there is no artefact '\(digest.prefix(80))' here") }
    let etag = "\"\(digest)\""
    var headers: HTTPFields = [
        .contentType: "application/octet-stream", .acceptRanges: "bytes", .eTag: etag,
        .cacheControl: "private, max-age=31536000, immutable",
    ]
    if call.request.headers[.ifNoneMatch].map({ $0 == etag || $0 == "*" }) ?? false {
        return Response(status: .notModified, headers: headers)
    }
    // A range of something else than the client has is of no use to it: it gets the whole.
    let isSame = call.request.headers[.ifRange].map { $0 == etag } ?? true
    let wanted = isSame ? call.request.headers[.range] : nil
    switch ByteRange.parse(wanted, size: size) {
    case .whole:
        return Response(status: .ok, headers: headers, body: fileBody(path, 0..<size))
    case .part(let range):
        headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
        return Response(status: .partialContent, headers: headers, body: fileBody(path, range))
    case .unsatisfiable:
        var response = Response(
            Refusal(status: 416, problem: Problem(.invalid, "the artefact has only \(size) bytes")))
        response.headers[.contentRange] = "bytes */\(size)"
        return response
    }
}

private let pieceSize: Int64 = 256 << 10

private func fileBody(_ path: String, _ range: Range<Int64>) -> ResponseBody {
    fileBody(range) { try await FilePieces.open(path) }
}

/// A part of a file as a body, no faster than the client reads.
func fileBody(_ range: Range<Int64>, _ open: @escaping @Sendable () async throws -> FilePieces) -> ResponseBody {
    ResponseBody(contentLength: Int(range.count)) { writer in
        let file = try await open()
        var offset = range.lowerBound
        while offset < range.upperBound {
            let piece = try await file.read(at: offset, count: Int(min(pieceSize, range.upperBound - offset)))
            // The file became shorter: the client sees a cut-off body rather than a wrong one.
            guard piece.readableBytes > 0 else { throw ChannelError.eof }
            offset += Int64(piece.readableBytes)
            try await writer.write(piece)
        }
        try await writer.finish(nil)
    }
}
