import Ports

/// The style sheet, scripts and pictures, embedded in the program.
///
/// They live under an address that holds the digest of them all, so that browsers may keep them for ever and a new release
/// is never mixed with an old one.
enum Assets {
    static func link(_ name: String) -> Link { Link("assets", EmbeddedAssets.digest, name) }

    /// Answers `/assets/DIGEST/NAME`; a file under another release's digest is not found.
    static func respond(digest: String, name: String) -> PageResponse? {
        guard digest == EmbeddedAssets.digest, let text = EmbeddedAssets.files[name] else { return nil }
        return PageResponse(
            status: 200,
            headers: [
                ("Content-Type", contentType(name)), ("Cache-Control", "public, max-age=31536000, immutable"),
                ("ETag", "\"\(digest)-\(name)\""), ("X-Content-Type-Options", "nosniff"),
            ], body: Array(text.utf8))
    }

    private static func contentType(_ name: String) -> String {
        if name.hasSuffix(".css") { return "text/css; charset=utf-8" }
        if name.hasSuffix(".js") { return "text/javascript; charset=utf-8" }
        if name.hasSuffix(".svg") { return "image/svg+xml" }
        return "application/octet-stream"
    }
}
