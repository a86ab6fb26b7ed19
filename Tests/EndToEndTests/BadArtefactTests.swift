import Foundation
import Glibc
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import Wire

@Suite("Bad artefacts come back by themselves, or never get in")
struct BadArtefactTests {
    @Test("paths out of the folder, absolute paths, devices, a missing command: rolled back, nothing written elsewhere")
    func hostile() async throws {
        try await Lab.with(Lab.Setting(hosts: 2)) { lab in
            try await lab.applyShop(lab.document(checks: false))
            try await lab.must("deploy", "shop", "--artifact", lab.pack("v1"), "--version", "v1", "--watch")
            let good = try await instances(lab)
            let conf = TarEntry(name: "behaviour.conf", text: "version=bad\n")
            let evil = "\(lab.folder)/evil"
            let cases: [(name: String, entries: [TarEntry], says: String)] = [
                ("up", [conf, TarEntry(name: "../../evil", text: "x")], ".."),
                ("absolute", [conf, TarEntry(name: evil, text: "x")], "absolute"),
                ("device", [conf, TarEntry(name: "null", mode: 0o666, type: "3")], "device"),
            ]
            for (name, entries, says) in cases {
                try writeTar(entries, to: "\(lab.folder)/\(name).tar")
                let outcome = try await lab.halcyon(
                    "deploy", "shop", "--artifact", "\(lab.folder)/\(name).tar", "--version", name, "--watch")
                #expect(outcome.code == 1 && outcome.text.contains(says), "\(name): \(outcome)")
                #expect(outcome.text.contains("unpack"), "\(name): \(outcome)")
            }
            try await lab.waitForEverywhere("v1")
            #expect(try await instances(lab) == good)
            #expect(!FileManager.default.fileExists(atPath: evil))
            let found = try FileManager.default.subpathsOfDirectory(atPath: lab.folder)
            #expect(found.allSatisfy { !$0.hasSuffix("/evil") && !$0.hasSuffix("/null") })
        }
    }

    @Test("a command that the artefact does not have, and a port that is in use")
    func start() async throws {
        try await Lab.with(Lab.Setting(hosts: 2)) { lab in
            try await lab.applyShop(lab.document(checks: false, command: "./storfront"))
            let missing = try await lab.halcyon(
                "deploy", "shop", "--artifact", lab.pack("v1"), "--version", "v1", "--watch")
            #expect(missing.code == 1 && missing.text.contains("./storfront"), "\(missing)")
            try await lab.waitForEverywhere(nil)

            let listeners = [Listener(Address.host(1), lab.servicePort), Listener(Address.host(2), lab.servicePort)]
            try await lab.applyShop(lab.document(checks: false))
            let outcome = try await lab.halcyon(
                "deploy", "shop", "--artifact", lab.pack("v2"), "--version", "v2", "--watch")
            #expect(outcome.code == 1 && outcome.text.contains("\(lab.servicePort)"), "\(outcome)")
            #expect(outcome.text.contains("in use"), "\(outcome)")
            withExtendedLifetime(listeners) {}
        }
    }

    @Test("another content than the digest says, from the person and from a URL")
    func digest() async throws {
        let calls = Mutex(0)
        let files = SmallServer { _, _ in
            // The person who deploys sees one content, the agents get another of the same size.
            let number = calls.withLock { calls in
                calls += 1
                return calls
            }
            let entry = TarEntry(name: "behaviour.conf", text: number == 1 ? "version=a\n" : "version=b\n")
            return (.ok, entry.bytes + [UInt8](repeating: 0, count: 1024))
        }
        let address = try await files.start()
        try await Lab.with(Lab.Setting(hosts: 1)) { lab in
            try await lab.applyShop(lab.document(checks: false))
            let outcome = try await lab.halcyon(
                "deploy", "shop", "--artifact", "\(address)/v1.tar", "--version", "v1", "--watch")
            #expect(outcome.code == 1 && outcome.text.contains("verif"), "\(outcome)")
            #expect(outcome.text.contains("sha256:"), "\(outcome)")
            let unknown = try await lab.halcyon(
                "deploy", "shop", "--artifact", "sha256:" + String(repeating: "0", count: 64))
            #expect(unknown.code == 2 && unknown.errors.contains("does not have"), "\(unknown)")
        }
        await files.stop()
    }

    @Test("an upload that is cut off, or is not what it says, leaves nothing")
    func upload() async throws {
        try await Lab.with { lab in
            let digest = "sha256:" + String(repeating: "a", count: 64)
            let head =
                "PUT /v1/artefacts HTTP/1.1\r\nHost: \(Address.server)\r\nContent-Length: 1000\r\nX-Halcyon-Digest: \(digest)"
                + "\r\n\r\n"
            try speak(head + "only this", port: lab.serverPort, readsAnswer: false)
            let answer = try speak(head + String(repeating: "x", count: 1000), port: lab.serverPort, readsAnswer: true)
            #expect(answer.contains(" 400 ") && answer.contains("sha256:"), "\(answer)")
            #expect(await lab.get("/v1/artefacts/\(digest)")?.status == 404)
            try await waitFor("nothing to be left of the uploads") {
                let folder = "\(lab.folder)/server/artefacts"
                return try FileManager.default.subpathsOfDirectory(atPath: folder).allSatisfy { path in
                    let facts = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")
                    return facts?[.type] as? FileAttributeType != .typeRegular
                }
            }
        }
    }

    /// What runs where, by process.
    private func instances(_ lab: Lab) async throws -> [String: Int32] {
        let pairs = try await lab.hosts().flatMap { host in
            host.services.flatMap(\.instances).map { (host.name, $0.pid) }
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    /// Sends a request as it is, on a connection of its own.
    @discardableResult
    private func speak(_ text: String, port: Int, readsAnswer: Bool) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
        inet_pton(AF_INET, Address.server, &name.sin_addr)
        let result = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Unmet("nobody listens on \(port)") }
        _ = send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL))
        guard readsAnswer else { return "" }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
