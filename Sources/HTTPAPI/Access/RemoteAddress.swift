import NIOCore

/// Where a request comes from, as coarse as it is counted: an IPv4 address, or an IPv6 network of 64 bits.
struct RemoteAddress: Hashable, Sendable {
    let bits: UInt64

    init(bits: UInt64) {
        self.bits = bits
    }

    init(_ address: SocketAddress?) {
        // The address begins 4 bytes into a sockaddr_in, and 8 bytes into a sockaddr_in6.
        bits =
            address?.withSockAddr { pointer, size in
                let bytes = UnsafeRawBufferPointer(start: pointer, count: size)
                switch address?.protocol {
                case .inet where size >= 8: return UInt64(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
                case .inet6 where size >= 16: return bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                default: return 0
                }
            } ?? 0
    }
}
