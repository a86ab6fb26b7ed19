import ArgumentParser
import RemoteMetrics
import Values
import Wire

/// Where metrics are read and sent, when not only to the embedded store.
struct RemoteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A Prometheus-compatible server (Prometheus, Mimir, Thanos, VictoriaMetrics) that checks, rules and queries read in "
                + "the place of the embedded store, such as http://prometheus:9090.", valueName: "url"))
    var metricsUrl: String?

    @Option(
        help: ArgumentHelp(
            "Headers for it, one a line, such as 'Authorization: Bearer TOKEN' or 'X-Scope-OrgID: shop'.",
            valueName: "file"))
    var metricsHeadersFile: String?

    @Option(help: ArgumentHelp("The token for it.", valueName: "file"))
    var metricsBearerTokenFile: String?

    @Option(help: ArgumentHelp("The authorities that its certificate is checked with, PEM.", valueName: "file"))
    var metricsCaCert: String?

    @Option(
        help: ArgumentHelp(
            "All reading for one look at the checks may take so long; then they hold.", valueName: "time"))
    var metricsTimeout = "10s"

    @Option(
        help: ArgumentHelp(
            "Where what comes in is sent on to by remote write; may be given several times. Without it that of --metrics-url "
                + "with /api/v1/write behind it; 'none' for nowhere.", valueName: "url"))
    var remoteWriteUrl: [String] = []

    @Option(
        help: ArgumentHelp(
            "Headers for it, as with --metrics-headers-file: one file for all addresses, or one for each in their order ('-' for "
                + "none).", valueName: "file"))
    var remoteWriteHeadersFile: [String] = []

    @Option(help: ArgumentHelp("The token for it, likewise.", valueName: "file"))
    var remoteWriteBearerTokenFile: [String] = []

    @Option(help: ArgumentHelp("The authorities that its certificate is checked with, likewise.", valueName: "file"))
    var remoteWriteCaCert: [String] = []

    @Option(
        help: ArgumentHelp(
            "What waits to be sent may take so much on the disk; then the oldest is dropped.", valueName: "size"))
    var remoteWriteQueueSize = "2GiB"

    /// The backend that is read; `nil` for the embedded store.
    func backend() throws(Problem) -> BackendSettings? {
        guard let metricsUrl else {
            for (option, value) in [
                ("--metrics-headers-file", metricsHeadersFile), ("--metrics-bearer-token-file", metricsBearerTokenFile),
                ("--metrics-ca-cert", metricsCaCert),
            ] where value != nil {
                throw Problem(.invalid, "\(option) says nothing without --metrics-url")
            }
            return nil
        }
        var settings = try BackendSettings(url: metricsUrl, option: "--metrics-url")
        guard !metricsUrl.contains("?") else {
            throw Problem(
                .invalid, "--metrics-url is the address below which the backend has /api/v1/query: without a '?'",
                hint: "headers are given with --metrics-headers-file")
        }
        settings.headersFile = metricsHeadersFile
        settings.bearerTokenFile = metricsBearerTokenFile
        settings.authorities = metricsCaCert
        return settings
    }

    /// Where what comes in is sent.
    func destinations() throws(Problem) -> [BackendSettings] {
        if remoteWriteUrl.isEmpty {
            guard var settings = try backend() else {
                for (option, values) in files where !values.isEmpty {
                    throw Problem(.invalid, "\(option) says nothing without --remote-write-url")
                }
                return []
            }
            settings.url += "/api/v1/write"
            return [settings]
        }
        if remoteWriteUrl == ["none"] { return [] }
        guard Set(remoteWriteUrl).count == remoteWriteUrl.count else {
            throw Problem(.invalid, "an address is given twice with --remote-write-url")
        }
        for (option, values) in files where values.count > 1 && values.count != remoteWriteUrl.count {
            throw Problem(
                .invalid, "\(option) is given once for all addresses or once for each: \(remoteWriteUrl.count) times")
        }
        var all: [BackendSettings] = []
        for (place, url) in remoteWriteUrl.enumerated() {
            var settings = try BackendSettings(url: url, option: "--remote-write-url")
            settings.headersFile = file(remoteWriteHeadersFile, place)
            settings.bearerTokenFile = file(remoteWriteBearerTokenFile, place)
            settings.authorities = file(remoteWriteCaCert, place)
            all.append(settings)
        }
        return all
    }

    private var files: [(String, [String])] {
        [
            ("--remote-write-headers-file", remoteWriteHeadersFile),
            ("--remote-write-bearer-token-file", remoteWriteBearerTokenFile),
            ("--remote-write-ca-cert", remoteWriteCaCert),
        ]
    }

    private func file(_ values: [String], _ place: Int) -> String? {
        let value = values.count == 1 ? values[0] : values.indices.contains(place) ? values[place] : nil
        return value == "-" ? nil : value
    }

    func queueBytes() throws(Problem) -> Int {
        guard let size = ByteSize(remoteWriteQueueSize), size >= .mebibytes(1) else {
            throw Problem(
                .invalid,
                "--remote-write-queue-size is a size of at least 1MiB such as 2GiB, not '\(remoteWriteQueueSize)'")
        }
        return Int(size.bytes)
    }

    func timeout() throws(Problem) -> Period {
        guard let period = Period(metricsTimeout), period >= .milliseconds(100) else {
            throw Problem(.invalid, "--metrics-timeout is a time such as 10s, not '\(metricsTimeout)'")
        }
        return period
    }
}
