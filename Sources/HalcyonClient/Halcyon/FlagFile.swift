import Documents
import FoundationEssentials

/// The flags that were known last, on disk.
///
/// One line that says what follows and how to tell that it is whole, then the flags as the server sent them:
/// `halcyon-flags 1 v3 <checksum> <length>`
enum FlagFile {
    private static let mark = "halcyon-flags"

    /// Compiles flags as the server sends them, or as a file has them.
    ///
    /// - Parameters:
    ///   - etag: what the server calls them, if it said so: that also tells the bucketing.
    ///   - old: flags that are taken over where they are as they were.
    static func compile(
        _ payload: [UInt8], file: String, bucketing: Bucketing, etag: String? = nil, reusing old: FlagSnapshot? = nil
    ) throws(FlagFileProblem) -> FlagSnapshot {
        let parsed = JSONParser.parse(payload, file: file)
        guard let node = parsed.node else { throw FlagFileProblem(parsed.issues.first?.description ?? "no JSON") }
        let (snapshot, issues) = FlagSnapshot.compile(node, file: file, bucketing: bucketing, reusing: old)
        guard let snapshot else { throw FlagFileProblem(issues.first?.description ?? "no flags") }
        guard let etag, snapshot.etag != etag else { return snapshot }
        let other: Bucketing = bucketing == .v3 ? .v2 : .v3
        let second = FlagSnapshot.compile(node, file: file, bucketing: other).snapshot
        return second?.etag == etag ? second ?? snapshot : snapshot
    }

    /// `nil` when there is no such file, or it is not whole.
    static func read(_ path: String) -> FlagSnapshot? {
        guard let data = FileManager.default.contents(atPath: path), let end = data.firstIndex(of: 10) else {
            return nil
        }
        let head = String(decoding: data[..<end], as: UTF8.self).split(separator: " ")
        let payload = Array(data[data.index(after: end)...])
        guard head.count == 5, head[0] == mark, head[1] == "1", let bucketing = Bucketing(rawValue: String(head[2])),
            head[3] == checksum(payload), head[4] == "\(payload.count)"
        else { return nil }
        return try? compile(payload, file: path, bucketing: bucketing)
    }

    /// Replaces the file in one step: whoever reads it finds the old flags or the new ones, whenever the process ends.
    static func write(_ snapshot: FlagSnapshot, to path: String) throws {
        let payload = snapshot.syncPayload
        let head = "\(mark) 1 \(snapshot.bucketing.rawValue) \(checksum(payload)) \(payload.count)\n"
        try Data(Array(head.utf8) + payload).write(to: URL(filePath: path), options: .atomic)
    }

    /// Tells a damaged file from a whole one (FNV-1a, 64 bits); no protection against somebody who means to deceive.
    private static func checksum(_ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return String(hash, radix: 16)
    }
}

/// Why flags cannot be used.
struct FlagFileProblem: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
