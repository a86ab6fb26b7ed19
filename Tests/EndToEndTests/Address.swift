import Glibc

/// Addresses and ports for tests.
enum Address {
    /// The server's own; hosts have 127.0.3.1, 127.0.3.2 and so on.
    static let server = "127.0.3.100"

    static func host(_ number: Int) -> String { "127.0.3.\(number)" }

    /// A port that nobody listens on at these addresses, below those that the kernel draws for outgoing connections.
    static func freePort(_ addresses: [String]) throws -> Int {
        for _ in 0..<500 {
            let port = Int.random(in: 10_000...31_000)
            if addresses.allSatisfy({ Listener($0, port) != nil }) { return port }
        }
        throw Unmet("there is no free port on \(addresses)")
    }
}

/// A listening socket that takes no connections: it keeps a port in use.
final class Listener {
    private let descriptor: Int32

    /// `nil` when the port is in use.
    init?(_ address: String, _ port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
        inet_pton(AF_INET, address, &name.sin_addr)
        let isBound = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 && listen(descriptor, 1) == 0
            }
        }
        if !isBound { return nil }
    }

    deinit { close(descriptor) }
}
