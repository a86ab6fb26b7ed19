import Glibc
import Synchronization

/// Clients that send GETs one after the other and try nothing twice: every request that fails is counted.
final class Load: Sendable {
    struct Count {
        var sent = 0
        var failures: [String] = []
        var running = 0
    }

    let count = Mutex(Count())
    private let isOver = Mutex(false)
    private let port: UInt16

    /// - Parameter keepAlive: whether a client keeps its connection until the server says `Connection: close`.
    init(port: Int, clients: Int, keepAlive: Bool) {
        self.port = UInt16(port)
        for _ in 0..<clients {
            count.withLock { $0.running += 1 }
            var thread = pthread_t()
            let context = Unmanaged.passRetained(Client(load: self, keepAlive: keepAlive)).toOpaque()
            pthread_create(
                &thread, nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<Client>.fromOpaque(context).takeRetainedValue().run()
                    return nil
                }, context)
            pthread_detach(thread)
        }
    }

    func stop() async {
        isOver.withLock { $0 = true }
        while count.withLock(\.running) > 0 { try? await Task.sleep(for: .milliseconds(10)) }
    }

    private final class Client {
        private let load: Load
        private let keepAlive: Bool
        private var connection: Int32 = -1

        init(load: Load, keepAlive: Bool) {
            self.load = load
            self.keepAlive = keepAlive
        }

        func run() {
            while !load.isOver.withLock({ $0 }) {
                let failure = exchange()
                load.count.withLock { count in
                    count.sent += 1
                    if let failure { count.failures.append(failure) }
                }
                usleep(2000)
            }
            drop()
            load.count.withLock { $0.running -= 1 }
        }

        private func drop() {
            if connection >= 0 { close(connection) }
            connection = -1
        }

        /// - Returns: what went wrong.
        private func exchange() -> String? {
            if connection < 0, let failure = connectNow() { return failure }
            let close = keepAlive ? "" : "Connection: close\r\n"
            let request = Array("GET / HTTP/1.1\r\nHost: x\r\n\(close)\r\n".utf8)
            guard send(connection, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
                let code = errno
                drop()
                return "send \(code)"
            }
            var answer: [UInt8] = []
            var room = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(connection, &room, room.count, 0)
                if count <= 0 {
                    let code = count < 0 ? errno : 0
                    drop()
                    return "received \(answer.count) bytes, then \(code)"
                }
                answer += room.prefix(count)
                let text = String(decoding: answer, as: UTF8.self)
                guard let end = text.firstRange(of: "\r\n\r\n"), isComplete(text, after: end.upperBound) else {
                    continue
                }
                let head = text[..<end.lowerBound].lowercased()
                if head.contains("connection: close") || !keepAlive { drop() }
                return head.hasPrefix("http/1.1 200") ? nil : String(head.prefix(12))
            }
        }

        private func isComplete(_ text: String, after index: String.Index) -> Bool {
            let lines = text[..<index].lowercased().split(separator: "\r\n")
            let length = lines.first { $0.hasPrefix("content-length:") }?.split(separator: ":").last
            let wanted = Int(length?.filter { !$0.isWhitespace } ?? "") ?? 0
            return text.utf8.distance(from: index, to: text.utf8.endIndex) >= wanted
        }

        private func connectNow() -> String? {
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = load.port.bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let code = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard code == 0 else {
                let code = errno
                close(socket)
                return "connect \(code)"
            }
            connection = socket
            return nil
        }
    }
}
