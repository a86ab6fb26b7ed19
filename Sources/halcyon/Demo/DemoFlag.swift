import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Values
import Wire

/// A flag that every host reads, switched on for everybody while they serve.
struct DemoFlag: Sendable {
    static let key = "new-checkout"
    /// Whose code fails.
    static let broken = "recommendations"
    /// What the storefront's page says to those who have it.
    static let sign = "Buy with one click"

    let stage: DemoStage

    /// From before the command was given until the last host answered otherwise.
    struct Outcome: Sendable {
        var took: Period
        var hosts: Int
    }

    /// Switches the flag on, and watches every host's own answers meanwhile.
    ///
    /// - Throws: when a host did not answer otherwise within ten seconds, or the command failed.
    func switchOn() async throws -> Outcome {
        let began = ContinuousClock.now
        async let changed = waitForEveryHost()
        let (code, _) = try await stage.perform(
            nil, ["flag", "default", DemoFlag.key, "on", "--reason", "everybody gets it"], shown: true)
        guard code == 0 else { throw Problem(.refused, "the flag could not be switched on") }
        let last = try await changed
        let took = last - began
        return Outcome(
            took: .milliseconds(Int64(took / .milliseconds(1))), hosts: DemoStage.hosts.count)
    }

    /// When the last of them showed the new page.
    private func waitForEveryHost() async throws -> ContinuousClock.Instant {
        try await withThrowingTaskGroup(of: ContinuousClock.Instant.self) { group in
            for host in DemoStage.hosts { group.addTask { try await wait(host.name, host.address) } }
            var last = ContinuousClock.now
            for try await moment in group { last = max(last, moment) }
            return last
        }
    }

    private func wait(_ name: String, _ address: String) async throws -> ContinuousClock.Instant {
        for _ in 0..<500 {
            if await page(of: address).contains(DemoFlag.sign) { return .now }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Problem(.unavailable, "\(name) has not heard of the flag within ten seconds")
    }

    private func page(of address: String) async -> String {
        let request = HTTPClientRequest(url: "http://\(address):8000/")
        guard let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(2)),
            let body = try? await response.body.collect(upTo: 1 << 20)
        else { return "" }
        return String(buffer: body)
    }
}
