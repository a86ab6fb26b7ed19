import Glibc

/// A command line that cannot be used, or a file that cannot be read: the text says why.
struct Mistake: Error, CustomStringConvertible {
    let description: String
}

/// The command line.
struct Options {
    static let usage = """
        usage: storefront [--port N] [--address IP] [--behaviour FILE] [--lame-duck MS] [--drain-timeout MS]
          Serves on the socket that it inherits (LISTEN_FDS); without one, on --address (127.0.0.1) and --port.
        """

    var address = "127.0.0.1"
    var port: Int?
    /// Next to the executable unless it is named.
    var behaviourFile: String?
    /// How long it still accepts and answers, with `Connection: close`, after SIGTERM.
    var lameDuck = Duration.milliseconds(500)
    /// Longer than this after SIGTERM, nothing is waited for.
    var drainTimeout = Duration.seconds(8)

    init(_ arguments: some Sequence<String>) throws {
        if let milliseconds = environment("LAME_DUCK_MS") {
            lameDuck = try Options.milliseconds(milliseconds, "LAME_DUCK_MS")
        }
        var rest = Array(arguments)[...]
        while let option = rest.popFirst() {
            guard option != "--help" else { throw Mistake(description: Options.usage) }
            guard let value = rest.popFirst() else {
                throw Mistake(description: "\(option) has no value\n\(Options.usage)")
            }
            switch option {
            case "--address": address = value
            case "--port":
                guard let number = Int(value), (0...65535).contains(number) else {
                    throw Mistake(description: "--port \(value) is no port number from 0 to 65535")
                }
                port = number
            case "--behaviour": behaviourFile = value
            case "--lame-duck": lameDuck = try Options.milliseconds(value, option)
            case "--drain-timeout": drainTimeout = try Options.milliseconds(value, option)
            default: throw Mistake(description: "there is no option \(option)\n\(Options.usage)")
            }
        }
    }

    private static func milliseconds(_ text: String, _ name: String) throws -> Duration {
        guard let number = Int(text), (0...3_600_000).contains(number) else {
            throw Mistake(description: "\(name) \(text) is no number of milliseconds")
        }
        return .milliseconds(number)
    }
}

func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}
