import HTTPAPI
import Logging
import NIOSSL
import Ports
import RPCAPI
import ServiceLifecycle
import Values
import Wire

/// The two ports that flagd's providers know: `--flagd` and `--flagd-sync`.
struct FlagdPorts {
    private let places: [(kind: RPCSurface.Kind, address: ListenAddress)]

    /// - Throws: `Problem` for what is no address, and with `dev` for one that others could reach.
    init(evaluation: String, sync: String, dev: Bool) throws {
        places = try [(RPCSurface.Kind.evaluation, evaluation), (.sync, sync)].compactMap { kind, text in
            guard text != "off" else { return nil }
            guard let address = try? ListenAddress(text) else {
                throw Problem(
                    .invalid, "\(kind.option) '\(text)' is not an address to listen on",
                    hint: "Write it as 127.0.0.1:\(kind == .evaluation ? 8013 : 8015), or 'off'.")
            }
            guard !dev || address.isLoopback else {
                throw Problem(
                    .invalid, "--dev listens on loopback only, not on \(address.host) with \(kind.option)",
                    hint: "leave --dev out: the first start makes an admin token")
            }
            return (kind, address)
        }
    }

    func services(
        _ gateway: any FlagGateway, tls: NIOSSLContext?, logger: Logger, clock: @escaping @Sendable () -> Timestamp
    ) -> [any Service] {
        places.map { kind, address in
            RPCSurface(
                kind,
                configuration: RPCConfiguration(
                    host: address.host, port: address.port, tls: tls,
                    onListening: { port in
                        say("flagd's \(kind) on \(address.host):\(port) (\(kind.option))")
                    }),
                gateway: gateway, logger: logger, clock: clock)
        }
    }
}
