import Glibc

/// Tells whoever started this process how it is: one datagram to `$NOTIFY_SOCKET`, as systemd defines it.
///
/// Does nothing without that variable, and ignores errors: being watched must never stop a service.
func notify(_ state: String) {
    guard let path = environment("NOTIFY_SOCKET"), let first = path.utf8.first else { return }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    // `@name` is a name in the abstract namespace, which begins with a zero byte.
    if first == UInt8(ascii: "@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)

    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let message = Array(state.utf8)
    withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            _ = sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), generic, length)
        }
    }
}
