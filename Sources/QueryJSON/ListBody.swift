public import Series

extension QueryBody {
    /// An answer that is a list of texts: label names, or a label's values.
    /// - Parameter isCut: there were more than were asked for.
    public static func texts(_ texts: [String], isCut: Bool = false) -> [UInt8] {
        var json = BodyWriter()
        json.raw("{\"status\":\"success\",\"data\":")
        json.list(texts) { json, text in json.string(text) }
        json.end(isCut: isCut)
        return json.bytes
    }

    /// An answer that is a list of series.
    public static func series(_ series: [Labels], isCut: Bool = false) -> [UInt8] {
        var json = BodyWriter()
        json.raw("{\"status\":\"success\",\"data\":")
        json.list(series) { json, labels in json.labels(labels) }
        json.end(isCut: isCut)
        return json.bytes
    }

    /// What is known about metrics, by their names.
    public static func metadata(_ metadata: [MetricMetadata]) -> [UInt8] {
        var json = BodyWriter()
        json.raw("{\"status\":\"success\",\"data\":{")
        for (index, entry) in metadata.enumerated() {
            if index > 0 { json.raw(",") }
            json.string(entry.metric)
            json.raw(":[{\"type\":")
            json.string(entry.type)
            json.raw(",\"unit\":")
            json.string(entry.unit)
            json.raw(",\"help\":")
            json.string(entry.help)
            json.raw("}]")
        }
        json.raw("}}")
        return json.bytes
    }

    /// That there were more than were asked for.
    public static let cutWarning = "results truncated due to limit"
}

extension BodyWriter {
    fileprivate mutating func end(isCut: Bool) {
        if isCut {
            raw(",\"warnings\":[")
            string(QueryBody.cutWarning)
            raw("]")
        }
        raw("}")
    }
}
