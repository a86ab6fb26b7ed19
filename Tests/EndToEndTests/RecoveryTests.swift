import Foundation
import Rollouts
import TestSupport
import Testing
import Wire

@Suite("Lost servers, lost hosts, restored stores")
struct RecoveryTests {
    @Test("a store restored from a backup changes nothing on hosts until a person accepts it")
    func restore() async throws {
        try await Lab.with(Lab.Setting(hosts: 1)) { lab in
            let data = "\(lab.folder)/server"
            try await lab.applyShop(lab.document(checks: false))
            try await lab.ship("v1")
            try await lab.must("backup", "\(lab.folder)/backup.db")
            for version in ["v2", "v3"] { try await lab.ship(version) }
            let before = try await instance(lab)

            try await lab.running("server").end()
            for name in ["halcyon.db", "halcyon.db-wal", "halcyon.db-shm"] {
                try? FileManager.default.removeItem(atPath: "\(data)/\(name)")
            }
            try FileManager.default.copyItem(atPath: "\(lab.folder)/backup.db", toPath: "\(data)/halcyon.db")
            try await lab.startServer()
            try await waitFor("the agent to refuse, and people to see it") {
                let text = try await lab.halcyon("describe", "host", "web-1").output
                return text.contains("is refused") && text.contains("--accept-restored-store")
            }
            // However many changes it sees from now on, it is not what the agent knew.
            let newest = try #require(try await lab.epoch(of: 1))
            for number in 0..<200 where try await lab.see("/v1/status", as: StatusView.self).storeRevision <= newest {
                try await lab.must("token", "create", "t\(number)", "--role", "viewer")
            }
            try await lab.running("web-1").end()
            try lab.startAgent(1)
            try await lab.waitForHosts()
            try await waitFor("the agent to refuse it still") {
                lab.log("web-1").components(separatedBy: "comes from a store that was restored").count >= 3
            }
            let after = try await instance(lab)
            #expect(after == before, "\(String(describing: after)) was \(String(describing: before))")
            #expect(before?.version == "v3")

            try await lab.running("server").end()
            try await lab.startServer(["--accept-restored-store"])
            try await lab.waitForEverywhere("v1")
            try await waitFor("the warnings to end") {
                let text = try await lab.halcyon("describe", "host", "web-1").output
                return !text.contains("is refused") && !text.contains("--accept-restored-store")
            }
            // Once accepted, it stays accepted.
            try await lab.running("server").end()
            try await lab.startServer()
            try await lab.ship("v4")
        }
    }

    @Test("with the server gone, services go on, and are kept alive; when it is back nothing was touched")
    func cutOff() async throws {
        try await Lab.with(Lab.Setting(hosts: 2)) { lab in
            try await lab.applyShop(lab.document(checks: false))
            try await lab.ship("v1")
            let before = Set(lab.servicesRunning())
            #expect(before.count == 2)
            try await lab.running("server").end()
            try await waitFor("both agents to say so") {
                (1...2).allSatisfy { lab.log(Lab.hostName($0)).contains("services go on unchanged") }
            }
            // An agent that starts without its server takes over what runs.
            try await lab.running("web-1").end(9)
            try lab.startAgent(1)
            try await waitFor("it to find its instance") { lab.log("web-1").contains("found an instance running") }
            #expect(Set(lab.servicesRunning()) == before)
            // One that ends is started again, server or not.
            let victim = try #require(before.min())
            kill(victim, SIGKILL)
            try await waitFor("it to be started again") {
                let now = Set(lab.servicesRunning())
                return now.count == 2 && !now.contains(victim)
            }
            let after = Set(lab.servicesRunning())
            #expect(before.subtracting(after) == [victim])
            try await lab.startServer()
            try await lab.waitForHosts()
            try await lab.waitForEverywhere("v1")
            #expect(Set(lab.servicesRunning()) == after)
        }
    }

    @Test(
        "an agent without the certificates for its server, or its join token, keeps its services running all the same")
    func withoutFiles() async throws {
        try await Lab.with(Lab.Setting(hosts: 1)) { lab in
            try await lab.applyShop(lab.document(checks: false))
            try await lab.ship("v1")
            try await lab.running("web-1").end()
            // As after a boot: nothing runs.
            for process in lab.servicesRunning() { kill(process, SIGKILL) }
            try await waitFor("the service's end") { lab.servicesRunning().isEmpty }
            let missing = "\(lab.folder)/missing"
            let arguments = lab.agentArguments(1).map { $0.replacing("http://", with: "https://") }
            try lab.start("web-1", arguments + ["--ca-cert", missing, "--join-token-file", missing])
            try await waitFor("it to be started again") { lab.servicesRunning().count == 1 }
            #expect(lab.log("web-1").contains("\(missing) holds no usable certificate"))
        }
    }

    @Test("a canary host that is lost holds the rollout and calls a person; it returns, and things go on")
    func lostCanary() async throws {
        let catcher = Catcher(seed: 1, refusals: 0)
        let receiver = catcher.server
        try await receiver.start()
        try await Lab.with(Lab.Setting(hosts: 2)) { lab in
            try write("{kind: Receiver, name: hook, webhook: {url: '\(receiver.url)'}}", to: "\(lab.folder)/hook.yaml")
            try await lab.must("apply", "-f", "\(lab.folder)/hook.yaml")
            let waves = "- { name: one, hosts: 1, bake: 10m }\n- { name: all, hosts: 100%, maxUnavailable: 100% }"
            try await lab.applyShop(lab.document(waves: waves, checks: false))
            try await lab.ship("v1")
            try await lab.must("deploy", "shop", "--artifact", lab.pack("v2"), "--version", "v2")
            try await lab.waitForPhase("shop-2", .baking)
            let canary = try await lab.rollout("shop-2").waves[0].hosts[0].host
            let number = canary == "web-1" ? 1 : 2
            let before = Set(lab.servicesRunning())
            try await lab.running(canary).end(9)
            try await waitFor("it to be held, and a person to be called") {
                let view = try await lab.rollout("shop-2")
                return view.hold?.kind == .lostHosts && view.needsPerson
                    && catcher.letters.contains { String(decoding: $0.body, as: UTF8.self).contains("needsPerson") }
            }
            #expect(Set(lab.servicesRunning()) == before)
            #expect(try await lab.rollout("shop-2").waves[1].hosts.allSatisfy { $0.version == "v1" })
            try lab.startAgent(number)
            try await waitFor("the hold to be lifted") { try await lab.rollout("shop-2").hold == nil }
            #expect(Set(lab.servicesRunning()) == before)
            try await lab.must("rollout", "promote", "shop", "--full")
            try await lab.waitForPhase("shop-2", .done)
            try await lab.waitForEverywhere("v2")
        }
        await receiver.stop()
    }

    private func instance(_ lab: Lab) async throws -> InstanceReport? {
        var report = try await lab.hosts().first?.services.first?.instances.first
        // How much it uses changes by itself, and an agent that was started again has adopted it.
        report?.adopted = false
        report?.cpu = 0
        report?.memory = 0
        return report
    }
}

@Suite("Backups while the server works")
struct BackupTests {
    @Test("a backup under load is whole, and everything is there after a restore; nobody but an admin gets one")
    func backup() async throws {
        try await Lab.with(Lab.Setting(dev: false)) { lab in
            let admin = try lab.printedToken("halcyon_admin_")
            lab.use(token: admin)
            let operatorToken = try await lab.must("token", "create", "op", "--role", "operator").trimmed
            let refused = try await lab.halcyon("backup", "\(lab.folder)/no.db", with: ["HALCYON_TOKEN": operatorToken])
            #expect(refused.code == 2 && !FileManager.default.fileExists(atPath: "\(lab.folder)/no.db"), "\(refused)")
            let file = "\(lab.folder)/backup.db"
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<3 {
                    group.addTask {
                        for number in 0..<8 {
                            try await lab.must("token", "create", "w\(writer)-\(number)", "--role", "viewer")
                        }
                    }
                }
                group.addTask { try await lab.must("backup", file) }
                try await group.waitForAll()
            }
            let again = try await lab.halcyon("backup", file)
            #expect(again.code == 2 && again.errors.contains("is there already"), "\(again)")
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o600)
            let left = try FileManager.default.contentsOfDirectory(atPath: "\(lab.folder)/server/backups")
            #expect(left == [])

            let second = "\(lab.folder)/second.db"
            try await lab.applyShop(lab.document())
            try await lab.must("backup", second)
            let tokens = try await lab.see("/v1/tokens", as: Listing<TokenView>.self).items
            try await lab.must("token", "create", "later", "--role", "viewer")
            try await lab.running("server").end()
            let data = "\(lab.folder)/server"
            for name in ["halcyon.db", "halcyon.db-wal", "halcyon.db-shm"] {
                try? FileManager.default.removeItem(atPath: "\(data)/\(name)")
            }
            try FileManager.default.copyItem(atPath: second, toPath: "\(data)/halcyon.db")
            try await lab.startServer(["--accept-restored-store"])
            #expect(try await lab.see("/v1/tokens", as: Listing<TokenView>.self).items == tokens)
            #expect(try await lab.must("get", "services", "-o", "json").contains("\"shop\""))
            #expect(try await lab.must("audit").contains("a restored store was accepted"))
        }
    }
}

extension Lab {
    /// The newest epoch that a host's agent has written down.
    func epoch(of host: Int) async throws -> Int64? {
        struct Kept: Decodable { var epoch: Int64 }
        let text = read("\(folder)/\(Lab.hostName(host))/epoch.json")
        return try JSONDecoder().decode(Kept.self, from: Data(text.utf8)).epoch
    }

    /// Deploys a good version, and waits until its rollout is over.
    func ship(_ version: String) async throws {
        let file = try pack(version)
        let outcome = try await halcyon("deploy", "shop", "--artifact", file, "--version", version)
        guard outcome.code == 0 else { throw Unmet("\(version) cannot be deployed: \(outcome.text)") }
        try await waitFor("\(version) to be done") {
            let view = try await rollout("shop")
            guard view.version == version else { return false }
            if view.phase == .baking || view.phase == .watching {
                _ = try await halcyon("rollout", "promote", "shop", "--full")
            }
            return view.phase == .done
        }
        try await waitForEverywhere(version)
    }
}
