import CHost
import Glibc

/// Where an instance says how it is, in systemd's words (`READY=1`, `STATUS=…`).
public final class NotifySocket: Sendable {
    /// The value of `NOTIFY_SOCKET`.
    public let path: String
    let descriptor: Descriptor

    /// Makes the socket, or makes it again at the path that a running instance already knows.
    public init(path: String) throws(SystemError) {
        let number = chost_notify_socket(path)
        guard number >= 0 else { throw SystemError("making \(path)", code: -number) }
        self.path = path
        descriptor = Descriptor(number)
    }

    /// The path for an instance: a file in the folder, or an abstract name when that would be too long for the kernel.
    static func path(folder: String, instance: String, agent: String) -> String {
        let file = "\(folder)/\(instance).notify"
        return file.utf8.count < 104 ? file : abstractName(instance: instance, agent: agent)
    }

    /// A name that is no file, and ends with its socket.
    static func abstractName(instance: String, agent: String) -> String {
        "@halcyon/\(agent.prefix(12))/\(instance)".prefixed(bytes: 104)
    }

    /// Lets a user send to it: who may write to the file may send.
    func give(to user: uid_t) {
        if !path.hasPrefix("@") { lchown(path, user, gid_t.max) }
    }

    /// The assignments that have arrived; never blocks.
    func receive() -> [String] {
        var lines: [String] = []
        var room = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor.number, &room, room.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return lines }
            lines += String(decoding: room.prefix(count), as: UTF8.self).split(separator: "\n").map(String.init)
            if lines.count > 1000 { return lines }
        }
    }

    func remove() {
        if !path.hasPrefix("@") { unlink(path) }
    }
}

extension String {
    fileprivate func prefixed(bytes: Int) -> String { String(decoding: utf8.prefix(bytes), as: UTF8.self) }
}
