public import Glibc

/// A port of an IPv4 address that is kept from everybody else: a listening socket that takes no connections.
public final class HeldPort: Sendable {
    private let descriptor: Int32

    /// `nil` when the port is in use, or the address is not this machine's.
    public init?(_ address: String, _ port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        let isHeld = withPlace(address, port) { place, size in
            bind(descriptor, place, size) == 0 && listen(descriptor, 1) == 0
        }
        if !isHeld { return nil }
    }

    deinit { close(descriptor) }
}

/// Gives an IPv4 address and port to `body` as the system calls want them.
public func withPlace<Result>(
    _ address: String, _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
    inet_pton(AF_INET, address, &place.sin_addr)
    return withUnsafePointer(to: &place) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
