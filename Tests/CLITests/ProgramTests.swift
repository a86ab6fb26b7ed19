import Synchronization
import Testing
import Wire

@testable import CLI

/// Whole command lines against a server that answers what a test says.
@Suite struct ProgramTests {
    private func run(
        _ arguments: [String], terminal: TerminalSize? = nil, answers: [String] = [], input: String = "",
        _ respond: @escaping @Sendable (TestRequest) -> TestReply
    ) async throws -> ProgramRun {
        try await withTestServer(respond) { address in
            let environment = ["HALCYON_SERVER": address, "HALCYON_TOKEN": "secret"]
            return await runProgram(
                arguments, environment: environment, input: input, terminal: terminal, answers: answers)
        }
    }

    @Test("A list that is too long for one answer is asked for page by page")
    func pages() async throws {
        let asked = Mutex<[String]>([])
        let run = try await run(["flag", "list", "--limit", "2500"]) { request in
            asked.withLock { $0.append(request.path) }
            let fields = request.path.split(separator: "?").last?.split(separator: "&").map(String.init) ?? []
            func field(_ name: String) -> Int {
                fields.first { $0.hasPrefix(name + "=") }.flatMap { Int($0.filter(\.isNumber)) } ?? 0
            }
            let flags = (field("after") + 1...field("after") + field("limit")).map { number in
                #"{"key":"f\#(number)","environment":"production","state":"ENABLED","kind":"boolean","variants":[],"summary":"on","rules":[],"description":"","owner":"","tags":[],"archived":false,"revision":1,"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z","updatedBy":"ann","document":"","served":"","warnings":[]}"#
            }
            return .json("{\"items\":[\(flags.joined(separator: ","))]}")
        }
        #expect(run.code == 0, "\(run.complaint)")
        #expect(run.output.split(separator: "\n").count == 2501)
        #expect(asked.withLock { $0.count } == 3)
        #expect(await runProgram(["flag", "list", "--limit", "0"]).code == 2)
    }

    @Test("A wrong call ends with 2 and the usage")
    func wrongCall() async {
        let run = await runProgram(["deploy", "storefront"])
        #expect(run.code == 2)
        #expect(run.complaint.hasPrefix("error: Say what to ship"))
        let unknown = await runProgram(["get", "servics"])
        #expect(unknown.code == 2)
        #expect(unknown.complaint.contains("did you mean service?"))
        #expect(await runProgram(["nonsense"]).code == 2)
        let command = await runProgram(["flag", "lst", "x"])
        #expect(command.code == 2)
        #expect(
            command.complaint.hasPrefix(
                "error: there is no command 'halcyon flag lst'\ndid you mean 'halcyon flag list'?"))
    }

    @Test("A server that is not there ends with 3, and says which address was tried and where it came from")
    func unreachable() async throws {
        let port = try SilentPort()
        let address = "http://127.0.0.1:\(port.number)"
        let run = await runProgram(["status"], environment: ["HALCYON_SERVER": address])
        #expect(run.code == 3)
        #expect(
            run.complaint == """
                error: cannot reach the server at \(address) (from HALCYON_SERVER): connection refused
                Is it running, and is this its address? Try: curl \(address)/healthz

                """)
        withExtendedLifetime(port) {}
        // No resolver has to be asked for a name of which a part is longer than names can be.
        let name = String(repeating: "n", count: 64)
        let unknown = await runProgram(["status", "--server", "http://\(name):1"])
        #expect(unknown.code == 3)
        #expect(unknown.complaint.contains("the name '\(name)' is unknown"))
    }

    @Test("The token is sent, and a refusal says where it came from")
    func token() async throws {
        let run = try await run(["status"]) { request in
            #expect(request.headers["authorization"] == "Bearer secret")
            return .problem(401, #"{"kind": "unauthenticated", "message": "the token is not known", "places": []}"#)
        }
        #expect(run.code == 2)
        #expect(run.complaint == "error: the token is not known\nthe token came from HALCYON_TOKEN\n")
        #expect(!run.complaint.contains("secret"))
    }

    @Test("Errors in documents are told as file:line:column, and end with 2")
    func documentErrors() async throws {
        let run = try await run(["apply", "-f", "-"], input: "kind: Service\nnmae: x\n") { request in
            #expect(request.body.contains("nmae"))
            return .problem(
                400,
                #"{"kind": "invalid", "message": "1 error", "places": [{"file": "-", "line": 2, "column": 1, "path": "nmae", "message": "unknown key", "hint": "did you mean name?"}]}"#
            )
        }
        #expect(run.code == 2)
        #expect(run.complaint == "-:2:1: nmae: unknown key (did you mean name?)\n")
    }

    @Test("Apply says what changed, field by field")
    func apply() async throws {
        let run = try await run(["apply", "-f", "-", "--dry-run"], input: "kind: Service") { request in
            #expect(request.method == "POST" && request.path == "/v1/apply")
            #expect(request.body.contains(#""dryRun":true"#))
            return .json(
                #"{"dryRun": true, "items": [{"kind": "Service", "name": "storefront", "outcome": "changed", "changes": ["plan.waves[1].hosts: 5% → 10%"], "warnings": []}]}"#
            )
        }
        #expect(run.code == 0)
        #expect(
            run.output == """
                service/storefront changed
                  plan.waves[1].hosts: 5% → 10%
                This was a dry run: nothing was changed.

                """)
    }

    @Test("A page that no Halcyon server gives is recognised")
    func foreignServer() async throws {
        let run = try await run(["status"]) { _ in TestReply(status: 404, body: "<html>not here</html>") }
        #expect(run.code == 2)
        #expect(run.complaint.contains("was answered with 404 Not Found"))
        let other = try await self.run(["status"]) { _ in TestReply(body: "<html>hello</html>") }
        #expect(other.code == 1)
        #expect(other.complaint.contains("does not understand"))
    }

    @Test("A refused deploy ends with 1, and a server's own trouble too")
    func refused() async throws {
        let run = try await run(["deploy", "storefront", "--version", "1.5.0"]) { _ in
            .problem(
                409, #"{"kind": "refused", "message": "1.5.0 was rolled back", "hint": "say --force", "places": []}"#)
        }
        #expect(run.code == 1)
        #expect(run.complaint == "error: 1.5.0 was rolled back\nsay --force\n")
    }

    @Test("An artefact that the server has is not uploaded again")
    func deployKnown() async throws {
        let asked = Mutexed<[String]>([])
        let digest = "sha256:" + String(repeating: "ab", count: 32)
        let run = try await run(["deploy", "storefront", "--artifact", digest]) { request in
            asked.value.withLock { $0.append("\(request.method) \(request.path)") }
            switch request.method {
            case "HEAD": return TestReply(headers: ["Content-Length": "2048"])
            case "GET": return .json(serviceJSON)
            default:
                #expect(request.body.contains(#""size":2048"#))
                return .json(
                    #"{"outcome": "started", "version": "abab", "rollout": "r-1", "message": "Rollout r-1 began."}"#)
            }
        }
        #expect(run.code == 0)
        #expect(run.output == "Rollout r-1 began.\nFollow it with: halcyon rollout watch r-1\n")
        let paths = asked.value.withLock { $0 }
        #expect(paths == ["GET /v1/services/storefront", "HEAD /v1/artefacts/\(digest)", "POST /v1/deploy"])
    }

    @Test("A file is uploaded with its digest, and the progress is told in lines when piped")
    func deployFile() async throws {
        let digest = Mutexed("")
        let run = try await run(["deploy", "storefront", "--artifact", #filePath, "-o", "json"]) { request in
            switch request.method {
            case "HEAD": return TestReply(status: 404)
            case "GET": return .json(serviceJSON)
            case "PUT":
                #expect(request.body.contains("A file is uploaded with its digest"))
                let claimed = request.headers["x-halcyon-digest"] ?? ""
                digest.value.withLock { $0 = claimed }
                return .json(#"{"digest": "\#(claimed)", "size": \#(request.body.utf8.count)}"#)
            default:
                #expect(request.body.contains(digest.value.withLock { $0 }))
                return .json(#"{"outcome": "queued", "version": "v", "rollout": "r-2", "message": "Waits."}"#)
            }
        }
        #expect(run.code == 0, "\(run.complaint)")
        #expect(run.complaint.contains("Uploading 100% of"))
        #expect(run.output.contains(#""outcome" : "queued""#))
    }

    @Test("A folder, an empty digest and a missing file are told before anything is sent")
    func wrongArtefacts() async throws {
        for (artefact, expected) in [
            ("/tmp", "is a folder; pack it first"), ("/nowhere/x", "No such file"), ("sha256:12", "is not a digest"),
        ] {
            let run = try await run(["deploy", "storefront", "--artifact", artefact]) { _ in .json(serviceJSON) }
            #expect(run.code == 2)
            #expect(run.complaint.contains(expected))
        }
    }

    @Test("At a terminal a rollback asks first; --yes and a script do not")
    func confirmation() async throws {
        let rollout = try prettyJSON(Fixtures.moving)
        let commands = Mutexed(0)
        let respond: @Sendable (TestRequest) -> TestReply = { request in
            if request.method == "POST" { commands.value.withLock { $0 += 1 } }
            return .json(rollout)
        }
        let refused = try await run(
            ["rollout", "rollback", "storefront"], terminal: TerminalSize(columns: 80, rows: 24), answers: ["n"],
            respond)
        #expect(refused.code == 1)
        #expect(
            refused.complaint.hasPrefix(
                "Roll back storefront 1.5.0 (r-7f3k2)? 3 hosts return to 1.4.0. [y/N] error: nothing was done"))
        #expect(commands.value.withLock { $0 } == 0)
        for (arguments, terminal) in [
            ([], TerminalSize(columns: 80, rows: 24)), (["--yes"], TerminalSize(columns: 80, rows: 24)), ([], nil),
        ] as [([String], TerminalSize?)] {
            let run = try await run(
                ["rollout", "rollback", "storefront"] + arguments, terminal: terminal, answers: ["y"], respond)
            #expect(run.code == 0)
        }
        #expect(commands.value.withLock { $0 } == 3)
    }

    @Test("A service is written as a document that apply takes, kind first")
    func serviceYAML() async throws {
        let run = try await run(["get", "svc", "storefront", "-o", "yaml"]) { _ in .json(serviceJSON) }
        #expect(run.output.hasPrefix("kind: Service\nname: storefront\n"))
        let list = try await self.run(["get", "tokens", "-o", "yaml"]) { _ in
            .json(
                #"{"items": [{"name": "ci", "role": "operator", "createdAt": "2026-11-24T10:00:00Z", "createdBy": "ada"}]}"#
            )
        }
        #expect(list.output.hasPrefix("items:\n  - createdAt: \"2026-11-24T10:00:00.000Z\"\n    createdBy: ada\n"))
    }

    @Test("Logs are passed on as they come, characters whole")
    func logs() async throws {
        let run = try await run(["logs", "web-1", "storefront", "-n", "5", "--instance", "previous"]) { request in
            #expect(request.path == "/v1/hosts/web-1/services/storefront/logs?instance=previous&lines=5")
            return TestReply(body: "one\nzwö\n")
        }
        #expect(run.output == "one\nzwö\n")
        var chunks = TextChunks()
        let bytes = Array("aö🚀".utf8)
        #expect(bytes.map { chunks.take([$0]) }.joined() + chunks.rest() == "aö🚀")
    }

    @Test("A secret alone goes to the standard output")
    func createToken() async throws {
        let run = try await run(["token", "create", "ci", "--role", "operator", "--expires", "90d"]) { request in
            #expect(request.body.contains(#""lifetime":"90d""#))
            return .json(
                #"{"token": {"name": "ci", "role": "operator", "createdAt": "2026-11-24T10:00:00Z", "createdBy": "ada"}, "secret": "hal_abc"}"#
            )
        }
        #expect(run.output == "hal_abc\n")
        #expect(run.complaint.hasPrefix("Token ci (operator)."))
    }
}

/// A service as the API shows it.
let serviceJSON =
    #"{"spec": {"name": "storefront", "run": {"command": ["./storefront"]}}, "revision": 3, "updatedAt": "2026-11-24T10:00:00Z", "updatedBy": "ada", "version": "1.4.0", "queue": [], "refused": {}, "hosts": 12, "readyHosts": 12}"#
