/// A numeric address and a port, as in `run.listen`.
public struct ListenAddress: Hashable, Codable, Sendable, CustomStringConvertible {
    public var host: String
    public var port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:8000`, `[::1]:8000` or `:8000` (all addresses of IPv4).
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.init(host: host.isEmpty ? "0.0.0.0" : host, port: port)
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Where to connect to reach a listener on this address from the same host.
    public var reachable: ListenAddress {
        switch host {
        case "0.0.0.0": return ListenAddress(host: "127.0.0.1", port: port)
        case "::": return ListenAddress(host: "::1", port: port)
        default: return self
        }
    }
}
