import Glibc

/// The socket that customers connect to.
enum ListeningSocket {
    /// The socket that whoever started this process holds open and passes on, as systemd, podman and Halcyon do: the one
    /// called `http`, or else the first; `nil` when there is none.
    ///
    /// `LISTEN_FDS` counts the sockets, of which the first is descriptor 3; they are meant for the process `LISTEN_PID`;
    /// `LISTEN_FDNAMES` names them, with colons between.
    static func inherited() -> Int32? {
        defer {
            // Programs that this one may start are not meant.
            for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] { unsetenv(name) }
        }
        guard
            let count = environment("LISTEN_FDS").flatMap({ Int32($0) }), (1...64).contains(count),
            environment("LISTEN_PID").flatMap({ Int32($0) }) == getpid()
        else { return nil }
        let names = environment("LISTEN_FDNAMES")?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        let first: Int32 = 3
        for descriptor in first..<(first + count) { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        let chosen = Int32(names.firstIndex(of: "http") ?? 0)
        return first + (chosen < count ? chosen : 0)
    }

    /// A private listening socket on which only the agent asks, so that it gets this process's answers and not those of a
    /// predecessor or successor on the shared socket; `nil` when there is none.
    static func forProbes() -> Int32? {
        defer { unsetenv("HALCYON_PROBE_FD") }
        guard let descriptor = environment("HALCYON_PROBE_FD").flatMap({ Int32($0) }), descriptor > 2,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { return nil }
        return descriptor
    }

    /// A socket of its own, on an IPv4 address.
    static func open(address: String, port: Int) throws -> Int32 {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = UInt16(port).bigEndian
        guard inet_pton(AF_INET, address, &place.sin_addr) == 1 else {
            throw Mistake(description: "--address \(address) is no IPv4 address")
        }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let isBound = withGeneric(&place) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        guard isBound, listen(descriptor, 1024) == 0 else {
            throw Mistake(description: "cannot listen on \(address):\(port): \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    /// Where it listens, for the log.
    static func place(of descriptor: Int32) -> String {
        var place = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isFound = withGeneric(&place) { getsockname(descriptor, $0, &length) == 0 }
        guard isFound, place.sin_family == sa_family_t(AF_INET) else { return "a socket" }
        let bytes = withUnsafeBytes(of: place.sin_addr) { $0.map { "\($0)" } }
        return "\(bytes.joined(separator: ".")):\(UInt16(bigEndian: place.sin_port))"
    }

    private static func withGeneric<Result>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }
}
