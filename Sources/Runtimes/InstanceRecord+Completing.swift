import Glibc
import Specs
import Supervision
import Values
import Wire

// What a process itself still tells, where a full disk has not taken its record.
extension InstanceRecord {
    mutating func complete(from process: ProcessIdentity) {
        self.process = process
        let run = instance.version.run
        let variables = ProcessFiles.environment(process.pid)
        notifyPath = notifyPath ?? variables["NOTIFY_SOCKET"]
        var values = variables.filter { ["ADDRESS", "PORT"].contains($0.key) }
        for name in ["HOST", "SERVICE", "VERSION"] { values[name] = variables["HALCYON_\(name)"] }
        address = address ?? run.listen.flatMap { ListenAddress(substitute(values, in: $0)) }
        guard run.handover == .socket, let address else { return }
        let listening = ProcessFiles.listening(process.pid)
        let own = ProcessFiles.sockets(of: process.pid)
        socketInode = socketInode ?? own.values.first { listening[$0] == address.port }
        // It was started with its private socket there.
        let probe = variables["HALCYON_PROBE_FD"].flatMap { Int32($0) }.flatMap { own[$0] }
        probePort = probePort ?? probe.flatMap { listening[$0] }
    }
}

extension ProcessFiles {
    /// The sockets among a process's descriptors, by inode.
    static func sockets(of pid: Int32) -> [Int32: Int64] {
        var sockets: [Int32: Int64] = [:]
        for descriptor in folder("/proc/\(pid)/fd").compactMap({ Int32($0) }) {
            guard let place = link("/proc/\(pid)/fd/\(descriptor)"), place.hasPrefix("socket:[") else { continue }
            sockets[descriptor] = Int64(place.dropFirst(8).dropLast())
        }
        return sockets
    }

    /// The ports that TCP sockets listen on where a process lives, by inode.
    static func listening(_ pid: Int32) -> [Int64: UInt16] {
        var ports: [Int64: UInt16] = [:]
        for table in ["tcp", "tcp6"] {
            let bytes = (try? AtomicFile.read("/proc/\(pid)/net/\(table)")) ?? nil
            for line in String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ")
                guard fields[safe: 3] == "0A", let inode = fields[safe: 9].flatMap({ Int64($0) }),
                    let port = fields[1].split(separator: ":").last.flatMap({ UInt16($0, radix: 16) })
                else { continue }
                ports[inode] = port
            }
        }
        return ports
    }
}
