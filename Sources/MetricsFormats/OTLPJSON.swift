import Documents

/// Reads an `ExportMetricsServiceRequest` in JSON (OTLP specification, "JSON Protobuf Encoding": names in lowerCamelCase, 64-bit
/// numbers as text or numbers).
enum OTLPJSON {
    /// Calls back with each metric and the attributes of its resource.
    static func read(_ root: Node, _ body: ([(name: String, value: String)], OTLPMetric) -> Void) {
        for resource in items(root["resourceMetrics"]) {
            let attributes = attributes(resource["resource"]?["attributes"])
            for scope in items(resource["scopeMetrics"]) {
                for metric in items(scope["metrics"]) { body(attributes, self.metric(metric)) }
            }
        }
    }

    private static func metric(_ node: Node) -> OTLPMetric {
        var metric = OTLPMetric(
            name: text(node["name"]), description: text(node["description"]), unit: text(node["unit"]))
        let kinds: [(String, OTLPMetric.Kind)] = [
            ("gauge", .gauge), ("sum", .sum), ("histogram", .histogram),
            ("exponentialHistogram", .exponentialHistogram), ("summary", .summary),
        ]
        for (key, kind) in kinds {
            guard let data = node[key] else { continue }
            metric.kind = kind
            metric.temporality = temporality(data["aggregationTemporality"])
            metric.isMonotonic = data["isMonotonic"]?.value == .bool(true)
            metric.points = items(data["dataPoints"]).map(point)
        }
        return metric
    }

    private static func temporality(_ node: Node?) -> Int {
        switch text(node) {
        case "AGGREGATION_TEMPORALITY_DELTA": 1
        case "AGGREGATION_TEMPORALITY_CUMULATIVE": 2
        default: number(node).flatMap { Int(exactly: $0) } ?? 0
        }
    }

    private static func point(_ node: Node) -> OTLPPoint {
        var point = OTLPPoint()
        point.attributes = attributes(node["attributes"])
        point.start = whole(node["startTimeUnixNano"])
        point.time = whole(node["timeUnixNano"])
        point.hasNoValue = whole(node["flags"]) & 1 != 0
        point.value = number(node["asDouble"]) ?? number(node["asInt"]) ?? 0
        point.count = number(node["count"]) ?? 0
        point.sum = number(node["sum"])
        point.bounds = items(node["explicitBounds"]).compactMap(number)
        point.counts = items(node["bucketCounts"]).compactMap(number)
        point.scale = Int32(clamping: Int64(clamped: number(node["scale"]) ?? 0))
        point.zeroCount = number(node["zeroCount"]) ?? 0
        point.zeroThreshold = number(node["zeroThreshold"]) ?? 0
        point.positive = buckets(node["positive"])
        point.negative = buckets(node["negative"])
        point.quantiles = items(node["quantileValues"]).map {
            (number($0["quantile"]) ?? 0, number($0["value"]) ?? 0)
        }
        point.exemplars = items(node["exemplars"]).count
        return point
    }

    private static func buckets(_ node: Node?) -> OTLPBuckets {
        OTLPBuckets(
            offset: Int32(clamping: Int64(clamped: number(node?["offset"]) ?? 0)),
            counts: items(node?["bucketCounts"]).compactMap(number))
    }

    private static func attributes(_ node: Node?) -> [(name: String, value: String)] {
        items(node).compactMap { entry in
            guard let value = entry["value"] else { return nil }
            let text: String? =
                if let text = value["stringValue"] {
                    self.text(text)
                } else if case .bool(let flag)? = value["boolValue"]?.value {
                    flag ? "true" : "false"
                } else if let whole = value["intValue"] {
                    if case .integer(let number) = whole.value { "\(number)" } else { self.text(whole) }
                } else if let number = number(value["doubleValue"]) {
                    "\(number)"
                } else {
                    nil
                }
            let name = self.text(entry["key"])
            return text.flatMap { name.isEmpty ? nil : (name, $0) }
        }
    }

    private static func items(_ node: Node?) -> [Node] {
        if case .sequence(let items)? = node?.value { return items }
        return []
    }

    private static func text(_ node: Node?) -> String {
        if case .string(let text)? = node?.value { return text }
        return ""
    }

    private static func number(_ node: Node?) -> Double? {
        switch node?.value {
        case .integer(let number)?: Double(number)
        case .number(let number)?: number
        case .string(let text)?: Double(text)
        default: nil
        }
    }

    private static func whole(_ node: Node?) -> UInt64 {
        switch node?.value {
        case .integer(let number)?: UInt64(clamping: number)
        case .number(let number)?: UInt64(clamping: Int64(clamped: number))
        case .string(let text)?: UInt64(text) ?? 0
        default: 0
        }
    }
}

extension Int64 {
    /// The nearest whole number that there is; 0 for NaN.
    init(clamped number: Double) {
        self = number.isNaN ? 0 : number >= 9.2e18 ? .max : number <= -9.2e18 ? .min : Int64(number)
    }
}
