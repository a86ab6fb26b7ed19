import Foundation
import Glibc
import LoadGenerator
import Synchronization
import TestSupport
import Testing
import Wire

@Suite("Bad artefacts come back by themselves, or never get in")
struct BadArtefactTests {
    @Test(
        "paths out of the folder, absolute paths, devices, pipes, links that lead out, cut-off archives: never get in")
    func hostile() async throws {
        try await Lab.with(Lab.Setting(hosts: 1)) { lab in
            try await lab.applyShop(lab.document(checks: false))
            try await lab.must("deploy", "shop", "--artifact", lab.pack("v1"), "--version", "v1", "--watch")
            let good = try await instances(lab)
            let conf = TarEntry(name: "behaviour.conf", text: "version=bad\n")
            let evil = "\(lab.folder)/evil"
            let cases: [(name: String, entries: [TarEntry], says: [String])] = [
                ("up", [conf, TarEntry(name: "../../evil", text: "x")], ["'../../evil'", "'..'"]),
                ("absolute", [conf, TarEntry(name: evil, text: "x")], [evil, "absolute"]),
                ("device", [conf, TarEntry(name: "null", mode: 0o666, type: "3")], ["'null'", "device"]),
                ("pipe", [conf, TarEntry(name: "fifo", type: "6")], ["'fifo'", "pipe"]),
                ("link", [conf, TarEntry(name: "out", type: "2", link: "../x")], ["'out'", "leaves"]),
                ("twice", [conf, conf], ["'behaviour.conf'", "twice"]),
            ]
            for (name, entries, says) in cases {
                try writeTar(entries, to: "\(lab.folder)/\(name).tar")
                try await expectRefusal(lab, "\(lab.folder)/\(name).tar", says + ["tar -c"])
            }
            let whole = try Data(contentsOf: URL(filePath: try lab.pack("v2")))
            try whole.prefix(600).write(to: URL(filePath: "\(lab.folder)/short.tar"))
            try await expectRefusal(lab, "\(lab.folder)/short.tar", ["behaviour.conf", "ends"])
            try Data("PK\u{3}\u{4} and more".utf8).write(to: URL(filePath: "\(lab.folder)/a.zip"))
            try await expectRefusal(lab, "\(lab.folder)/a.zip", ["zip", "tar -c"])

            try await lab.waitForEverywhere("v1")
            #expect(try await instances(lab) == good)
            #expect(!FileManager.default.fileExists(atPath: evil))
            let kept = try FileManager.default.subpathsOfDirectory(atPath: "\(lab.folder)/server/artefacts")
            #expect(kept.filter { $0.split(separator: "/").last?.count == 64 }.count == 1, "\(kept)")
            #expect(try await lab.must("rollout", "list", "-o", "json").contains("shop-2") == false)
        }
    }

    @Test("a program that the artefact does not have, or that is not executable, is found before there is a rollout")
    func program() async throws {
        try await Lab.with(Lab.Setting(hosts: 1)) { lab in
            try writeTar(
                [
                    TarEntry(name: "bin/storefront", text: "#!/bin/sh\n", mode: 0o755),
                    TarEntry(name: "plain", text: "#!/bin/sh\n"),
                ], to: "\(lab.folder)/a.tar")
            let cases: [(command: String, says: [String])] = [
                ("./storefront", ["'./storefront' is not in the artefact", "did you mean ./bin/storefront?"]),
                ("./plain", ["'./plain' is not executable", "chmod +x plain"]),
                ("./bin", ["'./bin' is a folder"]),
                ("../storefront", ["leaves the artefact"]),
            ]
            for (command, says) in cases {
                try await lab.applyShop(lab.document(checks: false, command: command))
                try await expectRefusal(lab, "\(lab.folder)/a.tar", says + ["run.command[0]"])
            }
            #expect(try await lab.must("get", "versions", "shop", "-o", "json").contains("\"version\"") == false)
        }
    }

    @Test("an artefact at a URL is looked at by the command that reads it, and by the host for everybody else")
    func fetched() async throws {
        let files = LocalServer(address: Address.server) { _ in
            .bytes(TarEntry(name: "../evil", text: "x").bytes + [UInt8](repeating: 0, count: 1024))
        }
        try await files.start()
        try await Lab.with(Lab.Setting(hosts: 1)) { lab in
            try await lab.applyShop(lab.document(checks: false))
            try await expectRefusal(lab, "\(files.url)/v1.tar", ["'../evil'", "'..'"])
        }
        await files.stop()
    }

    /// A deployment must end with code 2 and say all this, and there must be nothing of it.
    private func expectRefusal(_ lab: Lab, _ artefact: String, _ says: [String]) async throws {
        let outcome = try await lab.halcyon("deploy", "shop", "--artifact", artefact, "--version", "bad", "--watch")
        #expect(outcome.code == 2, "\(artefact): \(outcome)")
        for words in says { #expect(outcome.errors.contains(words), "\(artefact): \(outcome)") }
    }

    @Test("a port that is in use brings the version back")
    func start() async throws {
        try await Lab.with(Lab.Setting(hosts: 2)) { lab in
            let listeners = [HeldPort(Address.host(1), lab.servicePort), HeldPort(Address.host(2), lab.servicePort)]
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
        let files = LocalServer(address: Address.server) { _ in
            // The person who deploys sees one content, the agents get another of the same size.
            let number = calls.withLock { calls in
                calls += 1
                return calls
            }
            let entry = TarEntry(name: "behaviour.conf", text: number == 1 ? "version=a\n" : "version=b\n")
            return .bytes(entry.bytes + [UInt8](repeating: 0, count: 1024))
        }
        try await files.start()
        try await Lab.with(Lab.Setting(hosts: 1)) { lab in
            try await lab.applyShop(lab.document(checks: false))
            let outcome = try await lab.halcyon(
                "deploy", "shop", "--artifact", "\(files.url)/v1.tar", "--version", "v1", "--watch")
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
            let script = "#!/bin/sh\n" + String(repeating: "x", count: 990)
            let answer = try speak(head + script, port: lab.serverPort, readsAnswer: true)
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
        let result = withPlace(Address.server, port) { connect(descriptor, $0, $1) }
        guard result == 0 else { throw Unmet("nobody listens on \(port)") }
        _ = send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL))
        guard readsAnswer else { return "" }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
