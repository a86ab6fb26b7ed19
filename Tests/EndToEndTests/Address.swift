import LoadGenerator
import TestSupport

/// Addresses and ports for tests.
enum Address {
    /// The server's own; hosts have 127.0.3.1, 127.0.3.2 and so on.
    static let server = "127.0.3.100"

    static func host(_ number: Int) -> String { "127.0.3.\(number)" }

    /// A port that nobody listens on at these addresses, below those that the kernel draws for outgoing connections.
    static func freePort(_ addresses: [String]) throws -> Int {
        for _ in 0..<500 {
            let port = Int.random(in: 10_000...31_000)
            if addresses.allSatisfy({ HeldPort($0, port) != nil }) { return port }
        }
        throw Unmet("there is no free port on \(addresses)")
    }
}
