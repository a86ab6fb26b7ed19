import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite("Memory", .serialized, .timeLimit(.minutes(2)))
struct MemoryTests {
    @Test("A thousand idle agent streams, and what each costs")
    func idleStreams() async throws {
        try await TestServer.with { server in
            // The first few connections also pay for caches and threads.
            let warm = try (0..<100).map { try openStream(port: server.port, agent: $0) }
            try await waitFor("warm") { server.gateway.sinks.count == 100 }
            let before = residentBytes()
            let sockets = try (100..<1100).map { try openStream(port: server.port, agent: $0) }
            try await waitFor("all attached") { server.gateway.sinks.count == 1100 }
            let after = residentBytes()
            // The client's side is plain sockets, whose memory is the kernel's.
            #expect((after - before) / 1000 < 30_000, "\((after - before) / 1000) bytes for each stream")
            for socket in warm + sockets { close(socket) }
            try await waitFor("all detached") { server.gateway.sinks.isEmpty }
        }
    }
}

/// Opens a stream with a bare socket, without reading what comes.
private func openStream(port: Int, agent: Int) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    let request =
        "GET /v1/agent/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer agent\r\nX-Halcyon-Agent: a\(agent)\r\n\r\n"
    guard connected == 0, write(descriptor, request, request.utf8.count) == request.utf8.count else {
        throw TestFailure(description: "cannot open stream \(agent): \(errno)")
    }
    return descriptor
}

private func residentBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 } ?? 0
}
