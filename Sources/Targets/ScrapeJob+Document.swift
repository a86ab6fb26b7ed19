import Documents
import Specs
import Values

extension ScrapeJob {
    private static let keys =
        [
            "job_name", "scrape_interval", "scrape_timeout", "metrics_path", "scheme", "params", "honor_labels",
            "honor_timestamps", "enable_compression", "basic_auth", "authorization", "tls_config", "static_configs",
            "file_sd_configs", "relabel_configs", "metric_relabel_configs",
        ] + ScrapeLimits.keys

    /// Keys of Prometheus that change what is scraped, and that agents do not know.
    private static let unsupported: Set = [
        "track_timestamps_staleness", "scrape_protocols", "fallback_scrape_protocol", "scrape_classic_histograms",
        "always_scrape_classic_histograms", "scrape_native_histograms", "convert_classic_histograms_to_nhcb",
        "native_histogram_bucket_limit", "native_histogram_min_bucket_factor", "keep_dropped_targets",
        "scrape_failure_log_file", "metric_name_validation_scheme", "metric_name_escaping_scheme", "follow_redirects",
        "enable_http2", "oauth2", "proxy_url", "no_proxy", "proxy_from_environment", "proxy_connect_header",
        "http_headers", "bearer_token", "bearer_token_file", "extra_scrape_metrics",
    ]

    /// Reads an entry of `scrape_configs`; `nil` when it is not one.
    init?(reading cursor: Cursor, _ defaults: ScrapeDefaults) {
        let known = cursor.fields(ScrapeJob.keys, "a scrape configuration") { key in
            guard ScrapeJob.unsupported.contains(key) || key.hasSuffix("_sd_configs") else { return nil }
            let hint =
                key.hasPrefix("bearer_token")
                ? "write authorization: { credentials_file: … }"
                : key.hasSuffix("_sd_configs") ? "targets come from static_configs and file_sd_configs" : nil
            return ("agents do not support '\(key)'", hint)
        }
        guard let fields = known else { return nil }
        let name = fields.required("job_name", like: "node")
        let interval = fields["scrape_interval"]?.period(atLeast: .milliseconds(100)) ?? defaults.interval
        self.init(name: name?.text("a name") ?? "", interval: interval, timeout: min(defaults.timeout, interval))
        if let name, self.name.isEmpty { name.report("the name of a job is not empty") }
        if let own = fields["scrape_timeout"], let period = own.period(atLeast: .milliseconds(1)) {
            timeout = period
            if timeout > interval { own.report("it is longer than the scrape_interval, \(interval)") }
        }
        path = fields["metrics_path"]?.text("a path") ?? path
        scheme = fields["scheme"]?.choice(Scheme.self) ?? scheme
        parameters = (fields["params"]?.entries("a mapping of parameters") ?? []).map { key, cursor in
            (key, (cursor.items("a list of texts") ?? []).compactMap { $0.text() })
        }
        rules.honorLabels = fields["honor_labels"]?.bool() ?? false
        rules.honorTimestamps = fields["honor_timestamps"]?.bool() ?? true
        isCompressed = fields["enable_compression"]?.bool() ?? true
        let limits = ScrapeLimits(reading: fields, defaults.limits)
        limits.set(&rules)
        targetLimit = limits.targets
        groups = fields["static_configs"]?.targetGroups() ?? []
        discoveries = (fields["file_sd_configs"]?.items("a list of discoveries") ?? [])
            .compactMap(FileDiscovery.init(reading:))
        relabelling = fields["relabel_configs"]?.relabelRules() ?? []
        sampleRelabelling = fields["metric_relabel_configs"]?.relabelRules() ?? []
        credentials = Credentials(reading: fields)
        tls = fields["tls_config"].map(TLSSettings.init(reading:)) ?? tls
        source = [cursor.node, defaults.node ?? Node(.null)]
    }
}

extension FileDiscovery {
    init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(["files", "refresh_interval"], "a discovery in files"),
            let files = fields.required("files", like: "[\"targets/*.yml\"]")?.items("a list of files")
        else { return nil }
        let patterns = files.compactMap { cursor -> String? in
            guard let pattern = cursor.text("a path") else { return nil }
            let isKnown = [".json", ".yml", ".yaml"].contains { pattern.lowercased().hasSuffix($0) }
            if !isKnown { cursor.report("'\(pattern)' does not end with .json, .yml or .yaml") }
            if pattern.split(separator: "/").dropLast().contains(where: { $0.contains("*") }) {
                cursor.report("'\(pattern)' has a '*' before its last part")
            }
            return pattern
        }
        self.init(
            patterns: patterns,
            refresh: fields["refresh_interval"]?.period(atLeast: .milliseconds(100)) ?? .minutes(5))
    }
}

extension Credentials {
    /// - Returns: `nil` when there are none.
    init?(reading fields: Fields) {
        if let cursor = fields["basic_auth"] {
            if fields.has("authorization") {
                fields.report(atKey: "authorization", "there is basic_auth, too: one of them is right")
            }
            let keys = ["username", "username_file", "password", "password_file"]
            guard let own = cursor.fields(keys, "a name and a password") else { return nil }
            self = .basic(user: own.secret("username"), password: own.secret("password"))
            return
        }
        guard let cursor = fields["authorization"],
            let own = cursor.fields(["type", "credentials", "credentials_file"], "an authorization")
        else { return nil }
        let type = own["type"]?.text("a type like Bearer") ?? "Bearer"
        if type.lowercased() == "basic" { own["type"]?.report("basic authentication is said by basic_auth") }
        self = .authorization(type: type, own.secret("credentials"))
    }
}

extension Fields {
    /// What a key says, or the file that the key with `_file` names.
    fileprivate func secret(_ key: String) -> SecretSource {
        var value = self[key]
        value?.isSecret = true
        if let file = self[key + "_file"] {
            if value != nil { report(atKey: key, "there is \(key)_file, too: one of them is right") }
            return .file(file.text("a path") ?? "")
        }
        return .text(value?.text() ?? "")
    }
}

extension TLSSettings {
    init(reading cursor: Cursor) {
        self.init()
        let keys = ["ca_file", "cert_file", "key_file", "insecure_skip_verify"]
        let known = cursor.fields(keys, "settings of TLS") { key in
            ["ca", "cert", "key", "server_name", "min_version", "max_version"].contains(key)
                ? ("agents do not support '\(key)'", "there are \(listed(keys))") : nil
        }
        guard let fields = known else { return }
        authorities = fields["ca_file"]?.text("a path")
        certificate = fields["cert_file"]?.text("a path")
        key = fields["key_file"]?.text("a path")
        skipsVerification = fields["insecure_skip_verify"]?.bool() ?? false
        if (certificate == nil) != (key == nil) { cursor.report("cert_file and key_file belong together") }
    }
}
