import Glibc
import Runtimes
import Specs
import Synchronization
import Testing
import Values
import Wire

@Suite("Hand-overs under load", .serialized)
struct HandoverUnderLoad {
    /// More hand-overs on request, for measuring.
    private static var handovers: Int { getenv("HALCYON_HANDOVERS").flatMap { Int(String(cString: $0)) } ?? 4 }

    /// A program to measure with instead of the test's own: it serves `LISTEN_FDS` and ends well on SIGTERM.
    private static var program: [UInt8]? {
        getenv("HALCYON_PROGRAM").flatMap { try? AtomicFile.read(String(cString: $0)) }
    }

    private static func version(_ name: String, faults: [String], run: RunSpec, _ lab: Lab) -> DesiredVersion {
        guard let program else { return lab.version(name, faults: faults, run: run) }
        // Bytes behind the end make another artefact of the same program.
        let bytes = program + Array(name.utf8)
        return DesiredVersion(version: name, artefact: lab.server.add(bytes, digest: TestApp.digest(bytes)), run: run)
    }

    @Test(
        "No request is lost, with kept connections and with new ones, whatever the program does for probes",
        arguments: [true, false])
    func nothingLost(servesProbes: Bool) async throws {
        try await inLab { lab in
            let port = try Lab.freePort()
            let run = TestApp.run(port: port)
            let faults = servesProbes ? [] : ["noprobe"]
            lab.want(HandoverUnderLoad.version("v0", faults: faults, run: run, lab))
            _ = try lab.startAgent()
            try await lab.waitFor("v0")
            let kept = Load(port: port, clients: 3, keepAlive: true)
            let fresh = Load(port: port, clients: 3, keepAlive: false)
            for number in 1...HandoverUnderLoad.handovers {
                lab.want(HandoverUnderLoad.version("v\(number)", faults: faults, run: run, lab))
                try await lab.waitFor("v\(number)")
            }
            await kept.stop()
            await fresh.stop()
            let (first, second) = (kept.count.withLock { $0 }, fresh.count.withLock { $0 })
            print("sent \(first.sent) on kept and \(second.sent) on new connections")
            #expect(first.sent > 100 && second.sent > 100)
            #expect(first.failures == [])
            #expect(second.failures == [])
            if HandoverUnderLoad.program == nil { expectTrueVersions(lab.samples) }
        }
    }

    /// Every sample tells the version that really gave it.
    private func expectTrueVersions(_ samples: [String]) {
        for sample in samples.joined().split(separator: "#scrape ") where sample.contains("requests_total") {
            let version = sample.firstRange(of: "\"version\":\"").map { sample[$0.upperBound...].prefix { $0 != "\"" } }
            #expect(sample.contains("requests_total{v=\"\(version ?? "?")\"}"))
        }
    }
}
