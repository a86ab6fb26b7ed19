import Glibc
import Testing

struct Answer {
    var status: Int
    var headers: [String: String]
    var body: String
}

/// A blocking HTTP connection to a loopback port.
final class Client {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = loopback(port: port)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0, "nothing listens on port \(port)")
    }

    deinit { close(descriptor) }

    func send(_ text: String) { _ = Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }

    /// Whether bytes, or the connection's end, are there to be read.
    var hasInput: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    /// The next answer, which must have a `Content-Length`.
    func answer() throws -> Answer {
        var text = ""
        while !text.contains("\r\n\r\n") { text += try some() }
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = parts[0].split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            headers[pair[0].lowercased()] = pair[1].drop { $0 == " " }.description
        }
        var body = String(parts[1])
        let length = try #require(headers["content-length"].flatMap { Int($0) })
        while body.utf8.count < length { body += try some() }
        return Answer(status: try #require(Int(lines[0].split(separator: " ")[1])), headers: headers, body: body)
    }

    func ask(_ path: String, method: String = "GET", body: String = "") throws -> Answer {
        send("\(method) \(path) HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return try answer()
    }

    private func some() throws -> String {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        try #require(count > 0, "the connection was closed")
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
