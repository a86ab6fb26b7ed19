import Glibc
import Testing

/// Compares a text with the one that is kept in `Snapshots/`. With `HALCYON_REWRITE_SNAPSHOTS=1` the kept one is
/// written anew; review the difference before you keep it.
func expectSnapshot(
    _ text: String, _ name: String, file: String = #filePath, location: SourceLocation = #_sourceLocation
) {
    let path =
        file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        + "/Snapshots/\(name).txt"
    let text = text.hasSuffix("\n") ? text : text + "\n"
    if getenv("HALCYON_REWRITE_SNAPSHOTS") != nil {
        guard let file = fopen(path, "w") else {
            Issue.record("cannot write \(path)", sourceLocation: location)
            return
        }
        fputs(text, file)
        fclose(file)
        return
    }
    let kept = read(path)
    #expect(kept == text, "\(path) differs; HALCYON_REWRITE_SNAPSHOTS=1 writes it anew", sourceLocation: location)
}

private func read(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
}
