import CHost
import Glibc

/// A listening socket that the agent holds for a service, across its versions.
public final class ListeningSocket: Sendable {
    public let address: ListenAddress
    /// Tells this socket from every other one on the host.
    public let inode: Int64
    let descriptor: Descriptor

    init(address: ListenAddress, descriptor: Descriptor) {
        self.address = address
        self.descriptor = descriptor
        inode = chost_inode(descriptor.number)
    }

    /// Binds and listens. Port 0 lets the kernel choose; `address` says what it chose.
    public convenience init(_ address: ListenAddress) throws(SystemError) {
        let number = chost_listen(address.host, address.port)
        guard number >= 0 else {
            let hint = number == -EINVAL ? " (it takes a numeric address and a port)" : ""
            throw SystemError("listening on \(address)\(hint)", code: -number)
        }
        let port = UInt16(clamping: chost_local_port(number))
        self.init(address: ListenAddress(host: address.host, port: port), descriptor: Descriptor(number))
    }

    /// Gets the socket with this inode back from a process that inherited it.
    ///
    /// Needs the right to trace the process: root, CAP_SYS_PTRACE, or the same user where the system permits it.
    public static func recover(
        inode: Int64, address: ListenAddress, from processes: [Int32]
    ) throws(SystemError) -> ListeningSocket {
        var code = ENOENT
        for pid in processes {
            for number in ProcessFiles.descriptors(of: pid, socket: inode) {
                let process = chost_pidfd_open(pid)
                guard process >= 0 else { continue }
                let owner = Descriptor(process)
                let copy = chost_pidfd_getfd(owner.number, number)
                if copy >= 0 { return ListeningSocket(address: address, descriptor: Descriptor(copy)) }
                code = errno
            }
        }
        throw SystemError("getting the listening socket of \(address) back", code: code)
    }
}

/// A TCP connection of the agent's own, to learn who serves at the far end.
public final class ProbeConnection: Sendable {
    let descriptor: Descriptor

    /// Begins to connect.
    public init(to address: ListenAddress) throws(SystemError) {
        let number = chost_connect(address.host, address.port)
        guard number >= 0 else { throw SystemError("connecting to \(address)", code: -number) }
        descriptor = Descriptor(number)
    }

    public enum Owner: Hashable, Sendable {
        /// Nobody has accepted the connection yet.
        case nobody
        /// A process among those asked about has accepted it.
        case wanted
        case another
        /// The kernel does not say.
        case unknown
    }

    /// Whether anybody has accepted the connection; `nil` when the kernel does not say.
    public var isAccepted: Bool? {
        let inode = chost_peer_inode(descriptor.number)
        return inode < 0 ? nil : inode > 0
    }

    /// Which process has accepted the connection, as far as these are concerned.
    public func owner(among processes: @autoclosure () -> [Int32]) -> Owner {
        let inode = chost_peer_inode(descriptor.number)
        if inode < 0 { return .unknown }
        if inode == 0 { return .nobody }
        let processes = processes()
        if processes.contains(where: { !ProcessFiles.descriptors(of: $0, socket: inode).isEmpty }) { return .wanted }
        // One that may not be looked into may have it.
        return processes.allSatisfy(ProcessFiles.showsDescriptors) ? .another : .unknown
    }

    /// 0, or the `errno` of a connection that could not be made.
    public var failure: Int32 { chost_socket_error(descriptor.number) }

    public var isEstablished: Bool { failure == 0 && chost_has_peer(descriptor.number) == 1 }

    /// Gives the descriptor away: to be closed by whoever takes it.
    public func duplicate() -> Int32 { fcntl(descriptor.number, F_DUPFD_CLOEXEC, 3) }
}
