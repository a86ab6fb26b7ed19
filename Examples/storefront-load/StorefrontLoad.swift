import Dispatch
import FoundationEssentials
import Glibc
import LoadGenerator

/// Puts a steady load on storefronts and shows what becomes of it, once a second.
@main
struct StorefrontLoad {
    static let usage = """
        usage: storefront-load [--rate N] [--seconds N] [-o text|json] IP:PORT...
          --rate N     requests a second for each target (20); half on connections kept open, half on new ones
          --seconds N  ends by itself after so long; else on SIGINT or SIGTERM
          Exit code: 0 when every request was answered well, 1 when any failed, 2 for a wrong call.
        """

    static func main() async {
        var rate = 20.0
        var seconds: Double?
        var asJSON = false
        var targets: [String] = []
        var rest = CommandLine.arguments.dropFirst()
        while let argument = rest.popFirst() {
            switch argument {
            case "--rate": rate = rest.popFirst().flatMap { Double($0) } ?? -1
            case "--seconds": seconds = rest.popFirst().flatMap { Double($0) } ?? -1
            case "-o": asJSON = rest.popFirst() == "json"
            case _ where argument.hasPrefix("-"): fail("")
            default: targets.append(argument)
            }
        }
        guard seconds.map({ $0 > 0 }) ?? true else { fail("--seconds is not a number above 0\n") }
        do {
            let load = try LoadGenerator(targets: targets, rate: rate)
            let report = await run(load, seconds: seconds, asJSON: asJSON)
            show(report, asJSON: asJSON)
            exit(report.total.ok == report.total.sent ? 0 : 1)
        } catch {
            fail("\(error)\n")
        }
    }

    private static func run(_ load: LoadGenerator, seconds: Double?, asJSON: Bool) async -> LoadReport {
        let end = seconds.map { ContinuousClock.now + .seconds($0) }
        return await withTaskGroup(of: LoadReport?.self) { group in
            group.addTask { await load.run(until: end) }
            group.addTask {
                while (try? await Task.sleep(for: .seconds(1))) != nil { show(load.snapshot(), asJSON: asJSON) }
                return nil
            }
            group.addTask {
                // The others are cancelled when the first signal comes.
                for await _ in signals() { break }
                return nil
            }
            var report: LoadReport?
            while let ended = await group.next() {
                report = report ?? ended
                group.cancelAll()
            }
            return report ?? load.snapshot()
        }
    }

    private static func show(_ report: LoadReport, asJSON: Bool) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var line = Data(text(report.total).utf8)
        if asJSON, let json = try? encoder.encode(report) { line = json }
        let bytes = Array(line) + [UInt8(ascii: "\n")]
        _ = write(STDOUT_FILENO, bytes, bytes.count)
    }

    private static func text(_ counts: LoadReport.Counts) -> String {
        let latency = [counts.medianMilliseconds, counts.p99Milliseconds].map { milliseconds in
            milliseconds.map { "\(Double(Int($0 * 100)) / 100) ms" } ?? "-"
        }
        let versions = counts.answers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        let lost = counts.transportFailures.sorted { $0.key < $1.key }.map { " (\($0.key): \($0.value))" }.joined()
        return """
            sent \(counts.sent), ok \(counts.ok), failed by answer \(counts.failedByAnswer), by transport \
            \(counts.failedByTransport)\(lost), p50 \(latency[0]), p99 \(latency[1]), answers by \(versions.joined(separator: ", "))
            """
    }

    private static func signals() -> AsyncStream<Void> {
        AsyncStream { continuation in
            for number in [SIGTERM, SIGINT] {
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number)
                source.setEventHandler { withExtendedLifetime(source) { _ = continuation.yield() } }
                source.resume()
            }
        }
    }

    private static func fail(_ message: String) -> Never {
        let bytes = Array("\(message)\(usage)\n".utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
        exit(2)
    }
}
