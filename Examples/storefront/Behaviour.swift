import Glibc

/// How the shop misbehaves. Text of `key=value` lines, from `behaviour.conf` or from `POST /fault`; `#` begins a comment.
struct Behaviour {
    enum MetricsMode: String, CaseIterable { case ok, hang, nan, reset }

    var version = "unversioned"
    /// The share of pages that answer 500.
    var errorRate = 0.0
    /// Every page takes about so long, a fifth more or less.
    var latencyMilliseconds = 0.0
    /// This share of pages takes `slowMilliseconds` longer.
    var slowShare = 0.0
    var slowMilliseconds = 0.0
    /// The process ends with code 1 so long after this was set.
    var crashAfterSeconds: Double?
    var exitAtStart: Int32?
    var readyAfterMilliseconds = 0
    var ignoresSigterm = false
    var leakMegabytesPerMinute = 0.0
    var metrics = MetricsMode.ok
    /// Errors, slowness and declined orders begin only so long after this was set.
    var badAfterSeconds = 0.0
    /// The share of orders that are declined, politely, with status 200.
    var checkoutFailureShare = 0.0
    /// The share of front pages that fail when they recommend something (the flag `recommendations`).
    var recommendationFailureShare = 0.0
    /// For the dice, so that a run can be repeated; different in every process unless it is given.
    var seed = UInt64.random(in: 0...UInt64.max)

    /// - Parameter file: `behaviour.conf` beside the executable, if there is one, when `nil`.
    static func load(_ file: String?) throws -> Behaviour {
        var behaviour = Behaviour()
        let beside = (try? executableFolder()).map { "\($0)/behaviour.conf" } ?? "behaviour.conf"
        guard let text = read(file ?? beside) else {
            if let file { throw Mistake(description: "cannot read '\(file)': \(String(cString: strerror(errno)))") }
            return behaviour
        }
        try behaviour.merge(text)
        return behaviour
    }

    /// Takes every line in, or none.
    mutating func merge(_ text: String) throws {
        var merged = self
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.prefix { $0 != "#" }.filter { !$0.isWhitespace }
            if line.isEmpty { continue }
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, merged.set(parts[0], to: parts[1]) else {
                let known = Behaviour.keys.joined(separator: ", ")
                throw Mistake(description: "line \(number + 1): '\(line)' is not KEY=VALUE with one of \(known)")
            }
        }
        self = merged
    }

    private static let keys = [
        "version", "error_rate", "latency_ms", "slow_share", "slow_ms", "crash_after_s", "exit_at_start",
        "ready_after_ms", "ignore_sigterm", "leak_mb_per_min", "metrics=ok|hang|nan|reset", "bad_after_s",
        "checkout_failure_share", "recommendation_failure_share", "seed",
    ]

    /// Whether the key exists and the value fits.
    private mutating func set(_ key: String, to value: String) -> Bool {
        let number = Double(value).flatMap { $0.isFinite && $0 >= 0 && $0 <= 1e9 ? $0 : nil }
        let share = number.flatMap { $0 <= 1 ? $0 : nil }
        let flag = ["0": false, "false": false, "1": true, "true": true][value]
        switch key {
        case "version": version = value
        case "error_rate": return assign(share, to: \.errorRate)
        case "latency_ms": return assign(number, to: \.latencyMilliseconds)
        case "slow_share": return assign(share, to: \.slowShare)
        case "slow_ms": return assign(number, to: \.slowMilliseconds)
        case "crash_after_s": return assign(number.map { Optional($0) }, to: \.crashAfterSeconds)
        case "exit_at_start": return assign(Int32(value).map { Optional($0) }, to: \.exitAtStart)
        case "ready_after_ms": return assign(number.map { Int($0) }, to: \.readyAfterMilliseconds)
        case "ignore_sigterm": return assign(flag, to: \.ignoresSigterm)
        case "leak_mb_per_min": return assign(number, to: \.leakMegabytesPerMinute)
        case "metrics": return assign(MetricsMode(rawValue: value), to: \.metrics)
        case "bad_after_s": return assign(number, to: \.badAfterSeconds)
        case "checkout_failure_share": return assign(share, to: \.checkoutFailureShare)
        case "recommendation_failure_share": return assign(share, to: \.recommendationFailureShare)
        case "seed": return assign(UInt64(value), to: \.seed)
        default: return false
        }
        // A version is sent in a header.
        return !value.isEmpty && value.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private mutating func assign<Value>(_ value: Value?, to field: WritableKeyPath<Behaviour, Value>) -> Bool {
        if let value { self[keyPath: field] = value }
        return value != nil
    }

    private static func executableFolder() throws -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let length = bytes.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { readlink("/proc/self/exe", $0, buffer.count) } ?? -1
        }
        guard length > 0 else { throw Mistake(description: "the executable's folder is unknown") }
        let path = String(decoding: bytes.prefix(length), as: UTF8.self)
        return path.split(separator: "/").dropLast().reduce(into: "") { $0 += "/\($1)" }
    }

    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

extension Behaviour: CustomStringConvertible {
    var description: String {
        """
        version=\(version)
        error_rate=\(errorRate)
        latency_ms=\(latencyMilliseconds)
        slow_share=\(slowShare)
        slow_ms=\(slowMilliseconds)
        crash_after_s=\(crashAfterSeconds.map { "\($0)" } ?? "never")
        ignore_sigterm=\(ignoresSigterm)
        leak_mb_per_min=\(leakMegabytesPerMinute)
        metrics=\(metrics.rawValue)
        bad_after_s=\(badAfterSeconds)
        checkout_failure_share=\(checkoutFailureShare)
        recommendation_failure_share=\(recommendationFailureShare)
        seed=\(seed)

        """
    }
}
