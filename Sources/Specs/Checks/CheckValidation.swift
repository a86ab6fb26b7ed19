import Documents
import Values

/// Rules that concern several fields of a check, or a check and the service that it is of.
func validate(_ checks: [CheckSpec], of run: RunSpec, at items: [Cursor]) {
    // Only when every item could be read do checks and items belong together.
    guard checks.count == items.count else { return }
    for (check, item) in zip(checks, items) {
        let fields = Fields(cursor: item)
        guard let kind = fields[check.kind.name] else { continue }
        validate(check.tolerate, of: check, at: fields["tolerate"])
        switch check.kind {
        case .ratio(let bad, let total), .slo(let bad, let total, _), .peers(let bad, let total):
            if bad == total {
                Fields(cursor: kind)["bad"]?.report(
                    "'bad' and 'total' are the same, so that every event is a bad one",
                    hint: "for example http_requests_total{code=~\"5..\"}")
            }
        case .rate(let events, let per):
            if events == per {
                Fields(cursor: kind)["per"]?.report("'events' and 'per' are the same, so that the rate is always 1")
            }
        case .latency(let histogram): validate(histogram: histogram, at: Fields(cursor: kind)["histogram"])
        case .web(let probe): validate(probe, of: run, at: Fields(cursor: kind))
        case .gauge, .guardrail: break
        }
    }
}

/// A margin of nothing at all would call every difference a regression, however small.
private func validate(_ tolerance: Tolerance, of check: CheckSpec, at cursor: Cursor?) {
    guard check.kind.compares, let cursor, tolerance.relative == 1, tolerance.absolute.percent == 0,
        tolerance.floor.percent == 0
    else { return }
    let takesBounds = CheckForm.of(check.kind).refusedBounds.isEmpty
    (Fields(cursor: cursor)["relative"] ?? cursor).report(
        "the factor 1 tolerates nothing, so that any difference is a regression",
        hint: takesBounds
            ? "add a bound of another kind, for example floor: 0.1%, or allow a quarter more: relative: 1.25"
            : "1.25 allows a quarter more")
}

private func validate(histogram: String, at cursor: Cursor?) {
    let name = histogram.prefix { $0 != "{" }.filter { !$0.isWhitespace }
    for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
        cursor?.report(
            "'\(name)' is a part of a histogram, not the histogram", hint: "write \(name.dropLast(suffix.count))")
    }
}

private func validate(_ probe: WebProbe, of run: RunSpec, at fields: Fields) {
    if let url = fields["url"] { validate(address: probe.url, of: run, at: url) }
    if probe.timeout > probe.every {
        (fields["timeout"] ?? fields["every"])?.report(
            "an answer may take \(probe.timeout), but the next request follows after \(probe.every)",
            hint: "'timeout' is at most 'every'")
    }
    let expect = fields["expect"].map { Fields(cursor: $0) }
    if probe.method == .head, probe.expect.body != nil || probe.expect.json != nil {
        (expect?["body"] ?? expect?["json"])?.report("an answer to HEAD has no body", hint: "ask with GET")
    }
}

private func validate(address text: String, of run: RunSpec, at cursor: Cursor) {
    _ = cursor.checkedPlaceholders(text)
    if !text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
        cursor.report("the URL has a character that no URL has", hint: "write other characters as %XX")
    }
    let isListening = run.listen != nil || run.handover == .port
    if run.handover == .port, text.hasPrefix("/") || placeholders(in: text).names.contains("PORT") {
        return cursor.report(
            "with 'handover: port' every instance has a port of its own, which only its host knows: it cannot be asked there",
            hint: "ask at a port that is always the same, like http://${ADDRESS}:8000/healthz, or count in the "
                + "service's metrics what goes wrong, with a ratio")
    }
    if text.hasPrefix("/") {
        if !isListening {
            cursor.report(
                "nothing says where to ask for it: there is no 'listen'", hint: "add listen: \"${ADDRESS}:8000\"")
        }
        return
    }
    guard let separator = text.firstRange(of: "://") else {
        return cursor.report(
            "expected an address like http://${ADDRESS}:8000/healthz, or a path like /healthz",
            hint: text.contains("@") ? nil : "write http://\(text), or /\(text)")
    }
    let scheme = text[..<separator.lowerBound].lowercased()
    if !["http", "https"].contains(scheme) {
        cursor.report("'\(scheme)' cannot be asked: http or https", hint: "for other protocols write a guardrail")
    }
    let authority = text[separator.upperBound...].prefix { !"/?#".contains($0) }
    if authority.contains("@") {
        cursor.report(
            "an address with a password would be shown to everybody who can see the service",
            hint: "leave out what stands before the '@', and let the path answer without it")
        return
    }
    validate(authority: authority, isListening, at: cursor)
}

private func validate(authority: Substring, _ isListening: Bool, at cursor: Cursor) {
    let names = placeholders(in: String(authority)).names
    let withoutNames = names.reduce(String(authority)) { $0.replacing("${\($1)}", with: "x") }
    let host =
        withoutNames.hasPrefix("[")
        ? withoutNames.prefix { $0 != "]" }.dropFirst() : withoutNames.prefix { $0 != ":" }
    if host.isEmpty { cursor.report("the URL names no host", hint: "for example http://${ADDRESS}:8000/healthz") }
    let rest =
        withoutNames.hasPrefix("[") ? withoutNames.drop { $0 != "]" }.dropFirst() : withoutNames.drop { $0 != ":" }
    if !rest.isEmpty, authority.hasSuffix(":${PORT}") == false, Int(rest.dropFirst()).map((1...65535).contains) != true
    {
        cursor.report("'\(rest.dropFirst())' is no port: a port is a number from 1 to 65535")
    }
    if names.contains("PORT"), !isListening {
        cursor.report("${PORT} stands for nothing: there is no 'listen'", hint: "add listen: \"${ADDRESS}:8000\"")
    }
    if Set(names).isDisjoint(with: ["ADDRESS", "HOST", "VERSION"]), !host.isEmpty {
        cursor.report(
            "every instance is asked at the same place, so that a canary and its baseline cannot be told apart",
            hint: "write ${ADDRESS} for the instance's own address", severity: .warning)
    }
}
