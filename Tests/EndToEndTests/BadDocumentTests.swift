import TestSupport
import Testing
import Wire

@Suite("Bad documents and calls are refused with their place, and nothing is half-applied")
struct BadDocumentTests {
    struct Case: Sendable {
        var what: String
        var old: String
        var new: String
        /// What the message says after `file:`.
        var says: [String]
    }

    private static let cases = [
        Case(
            what: "an unknown key", old: "drain: 5s", new: "drian: 5s",
            says: ["8:3", "run.drian", "did you mean 'drain'"]),
        Case(what: "a wrong type", old: "drain: 5s", new: "drain: [5s]", says: ["8:10", "run.drain", "duration"]),
        Case(what: "a duration without unit", old: "drain: 5s", new: "drain: 5", says: ["8:10", "run.drain", "5s"]),
        Case(
            what: "shares that fall", old: "hosts: 100%", new: "hosts: 30%",
            says: ["plan.waves[2].hosts", "less than"]),
        Case(what: "no hand-over without socket", old: "listen:", new: "environment: {}\n      #", says: ["handover"]),
        Case(what: "a selector that is none", old: "total: 'http", new: "total: '{http", says: ["checks[0]"]),
        Case(what: "a broken document", old: "name: shop", new: "name: [shop", says: ["shop.yaml:"]),
        Case(what: "an unknown kind", old: "kind: Service", new: "kind: Servce", says: ["1:7", "Service"]),
    ]

    @Test("documents")
    func documents() async throws {
        try await Lab.with { lab in
            let path = "\(lab.folder)/shop.yaml"
            for bad in BadDocumentTests.cases {
                let good = lab.document()
                let text = good.replacing(bad.old, with: bad.new, maxReplacements: 1)
                #expect(text != good)
                try write(text, to: path)
                let outcome = try await lab.halcyon("apply", "-f", path)
                #expect(outcome.code == 2, "\(bad.what): \(outcome)")
                #expect(outcome.errors.contains("shop.yaml:"), "\(bad.what): \(outcome)")
                for words in bad.says { #expect(outcome.errors.contains(words), "\(bad.what): \(outcome)") }
            }
            // A good file beside a wrong one is not applied either.
            try write(lab.document(), to: "\(lab.folder)/good.yaml")
            let outcome = try await lab.halcyon("apply", "-f", "\(lab.folder)/good.yaml", "-f", path)
            #expect(outcome.code == 2)
            #expect(try await lab.must("get", "services", "-o", "json").contains("\"shop\"") == false)
        }
    }

    @Test("labels that no host has, services without hosts, unknown names, wrong calls")
    func names() async throws {
        try await Lab.with(Lab.Setting(hosts: 1)) { lab in
            let document = lab.document().replacing("name: shop\n", with: "name: shop\nselect: { regoin: us }\n")
            try write(document, to: "\(lab.folder)/shop.yaml")
            let refused = try await lab.halcyon("apply", "-f", "\(lab.folder)/shop.yaml")
            #expect(refused.code == 2 && refused.errors.contains("shop.yaml:3:19: select.regoin: "), "\(refused)")
            #expect(refused.errors.contains("did you mean region?"), "\(refused)")
            let applied = try await lab.halcyon("apply", "-f", "\(lab.folder)/shop.yaml", "--allow-no-hosts")
            #expect(applied.code == 0 && applied.text.contains("select.regoin: no host"), "\(applied)")
            let file = try lab.pack("v1")
            let nobody = try await lab.halcyon("deploy", "shop", "--artifact", file)
            #expect(nobody.code == 1 && nobody.errors.contains("cannot be deployed"), "\(nobody)")
            #expect(nobody.errors.contains("select"), "\(nobody)")
            #expect(try await lab.must("rollout", "list", "-o", "json").contains("shop-1") == false)
            let unknown = try await lab.halcyon("deploy", "shpo", "--artifact", file)
            #expect(unknown.code == 2 && unknown.errors.contains("did you mean shop?"), "\(unknown)")
            let version = try await lab.halcyon("deploy", "shop", "--version", "v9")
            #expect(version.code == 2 && version.errors.contains("no version"), "\(version)")
            let calls = [
                ["describe", "host", "web-2"], ["rollout", "pause", "shop"], ["receiver", "test", "nobody"],
            ]
            for words in calls {
                let outcome = try await lab.halcyon(words)
                #expect(outcome.code == 2 && outcome.errors.contains("error: "), "\(words): \(outcome)")
            }
            let missing = try await lab.halcyon("deploy", "shop", "--artifact", "\(lab.folder)/nothing.tar")
            #expect(missing.code == 2 && missing.errors.contains("No such file"), "\(missing)")
            #expect(try await lab.halcyon("deploy", "shop").code == 2)
            #expect(try await lab.halcyon("get", "unicorns").code == 2)
        }
    }

    @Test("a server that is not there, a port in use, a data folder in use, a bad token")
    func server() async throws {
        try await Lab.with(Lab.Setting(dev: false)) { lab in
            let bad = try await lab.halcyon("get", "hosts", with: ["HALCYON_TOKEN": "halcyon_admin_00"])
            #expect(bad.code == 2 && bad.errors.contains("the token is not valid"), "\(bad)")
            let nobody = "http://\(Address.server):\(try Address.freePort([Address.server]))"
            for words in [["get", "hosts"], ["rollout", "watch", "shop"], ["apply", "-f", "/dev/null"]] {
                let outcome = try await lab.halcyon(words, with: ["HALCYON_SERVER": nobody])
                #expect(outcome.code == 3 && outcome.errors.contains(nobody), "\(words): \(outcome)")
            }
            let address = "\(Address.server):\(lab.serverPort)"
            let port = try await lab.halcyon("server", "--dev", "--data", "\(lab.folder)/other", "--listen", address)
            #expect(port.code != 0 && port.errors.contains(address) && port.errors.contains("in use"), "\(port)")
            let data = try await lab.halcyon(
                "server", "--dev", "--data", "\(lab.folder)/server", "--listen", "127.0.3.101:0")
            let process = try lab.running("server").process
            #expect(data.code != 0 && data.errors.contains("process \(process)"), "\(data)")
            let outside = try await lab.halcyon("server", "--dev", "--listen", "0.0.0.0:0")
            #expect(outside.code == 2 && outside.errors.contains("loopback"), "\(outside)")
            try await lab.must("get", "hosts")
        }
    }

    @Test("two agents with one name, and two on one folder")
    func agents() async throws {
        try await Lab.with(Lab.Setting(hosts: 1)) { lab in
            let words = lab.agentArguments(1).map { $0.hasSuffix("/web-1") ? "\(lab.folder)/twin" : $0 }
            let twin = try lab.start("twin", words)
            try await waitFor("the second agent to be told") {
                lab.log("twin").contains("another agent") && lab.log("twin").contains("another --name")
            }
            #expect(twin.exitCode == nil)
            #expect(try await lab.hosts().map(\.contact) == [.connected])
            try await twin.end()
            let same = try await lab.halcyon(lab.agentArguments(1))
            #expect(same.code != 0 && same.errors.contains("held by process"), "\(same)")
        }
    }
}
