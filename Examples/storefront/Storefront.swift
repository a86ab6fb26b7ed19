import Glibc

/// A small web shop that shows how a service is made ready for Halcyon:
///
/// 1. it serves on the listening socket that it is given (`ListeningSocket`), so that its successor can serve on the same;
/// 2. it says when it is ready (`notify`, or `/healthz`, on a socket of its own for the agent), and only then gets requests;
/// 3. on SIGTERM it stops in two phases (`Server.stop`), so that no request is lost;
/// 4. it shows what it does in `/metrics`, so that checks can compare versions;
/// 5. every answer names the version that gave it;
/// 6. what it does can be switched while it runs (`ShopFlags`), by flags that it reads with the SDK.
///
/// It misbehaves on demand (`Behaviour`); a real service leaves that part out.
@main
struct Storefront {
    static func main() async {
        let server: Server
        do {
            let options = try Options(CommandLine.arguments.dropFirst())
            let behaviour = try Behaviour.load(options.behaviourFile)
            if let code = behaviour.exitAtStart {
                say("ending at once with code \(code), as behaviour.conf says")
                exit(code)
            }
            let flags = await ShopFlags.fromEnvironment(version: behaviour.version)
            server = Server(options: options, shop: Shop(behaviour: behaviour, flags: flags))
        } catch {
            say("error: \(error)")
            exit(2)
        }
        await run(server)
    }

    /// Ends by `_exit`, which does not tear things down under the threads that still use them.
    private static func run(_ server: Server) async {
        let signals = stopSignals()
        await withDiscardingTaskGroup { group in
            group.addTask {
                do { try await server.start() } catch {
                    say("error: cannot start: \(error)")
                    _exit(1)
                }
            }
            for await _ in signals {
                if server.shop.ignoresStopSignals { continue }
                // A second signal, or one before it served at all, ends it without waiting.
                guard server.shop.beginDraining() else { _exit(server.shop.metrics.queueDepth == 0 ? 0 : 1) }
                group.addTask {
                    await server.stop()
                    await ShopFlags.end()
                    say("stopped")
                    _exit(0)
                }
                group.addTask {
                    try? await Task.sleep(for: server.options.drainTimeout)
                    say("requests are still running after \(server.options.drainTimeout): giving up on them")
                    _exit(1)
                }
            }
        }
    }
}

/// One line for the log. Not `print`, which holds lines back when its output is a pipe.
func say(_ line: String) {
    let bytes = Array("storefront[\(getpid())]: \(line)\n".utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}
