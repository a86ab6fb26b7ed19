import FoundationEssentials
import NIOHTTP1
import Synchronization
import Wire

/// The headers by which a backend knows us, from files; they are looked at again after some seconds, as tokens are renewed.
final class Credentials: Sendable {
    private struct Known {
        var headers: [(String, String)]
        var readAt: ContinuousClock.Instant
    }

    private let settings: BackendSettings
    private let known = Mutex<Known?>(nil)

    init(_ settings: BackendSettings) { self.settings = settings }

    /// - Throws: naming the file that cannot be read, or its line that is no header; never what it holds.
    func headers() throws(Problem) -> [(String, String)] {
        let now = ContinuousClock.now
        if let known = known.withLock({ $0 }), known.readAt + .seconds(5) > now { return known.headers }
        var headers: [(String, String)] = []
        if let path = settings.headersFile {
            for (index, line) in try lines(path).enumerated() {
                guard let colon = line.firstIndex(of: ":"), Credentials.isName(line[..<colon]) else {
                    throw Problem(.invalid, "\(path):\(index + 1): a line is a header such as X-Scope-OrgID: shop")
                }
                headers.append((String(line[..<colon]), String(line[line.index(after: colon)...].trimmed)))
            }
        }
        if let path = settings.bearerTokenFile {
            guard let token = try lines(path).first else { throw Problem(.invalid, "\(path) holds no token") }
            headers.append(("Authorization", "Bearer \(token)"))
        }
        let fresh = Known(headers: headers, readAt: now)
        known.withLock { $0 = fresh }
        return headers
    }

    /// Lines that hold something; `#` begins one that does not count.
    private func lines(_ path: String) throws(Problem) -> [Substring] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Problem(.unavailable, "the file \(path) cannot be read")
        }
        return text.split(whereSeparator: \.isNewline).map(\.trimmed).filter { !$0.isEmpty && !$0.hasPrefix("#") }
    }

    /// What a header may be called; those that the connection needs for itself are none.
    private static func isName(_ name: Substring) -> Bool {
        let reserved = [
            "host", "content-length", "transfer-encoding", "connection", "content-encoding", "content-type",
        ]
        return !name.isEmpty && !reserved.contains(name.lowercased())
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
