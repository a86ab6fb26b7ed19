import Documents
import Series

// What the requests say.

func integer(_ node: Node?) -> Int64 {
    switch node?.value {
    case .integer(let value): return value
    case .number(let value): return Int64(value)
    default: return 0
    }
}

func text(_ node: Node?) -> String {
    if case .string(let value) = node?.value { return value }
    return ""
}

func number(_ node: Node?) -> Double {
    switch node?.value {
    case .integer(let value): return Double(value)
    case .number(let value): return value
    case .string("stale"): return Sample.staleMarker
    case .string(let text): return Double(text == "NaN" ? "nan" : text) ?? .nan
    default: return .nan
    }
}

func items(_ node: Node?) -> [Node] {
    if case .sequence(let items) = node?.value { return items }
    return []
}

func entries(_ node: Node?) -> [Node.Entry] {
    if case .mapping(let entries) = node?.value { return entries }
    return []
}

func side(_ node: Node?) -> ([FloatHistogram.Span], [Double]) {
    let buckets = entries(node).map { (Int32($0.key) ?? 0, number($0.value)) }.sorted { $0.0 < $1.0 }
    var spans: [FloatHistogram.Span] = []
    var following: Int32 = 0
    for (index, _) in buckets {
        if !spans.isEmpty, index == following {
            spans[spans.count - 1].length += 1
        } else {
            spans.append(.init(offset: index - following, length: 1))
        }
        following = index + 1
    }
    return (spans, buckets.map(\.1))
}

func histogram(_ node: Node) -> FloatHistogram {
    let (positiveSpans, positive) = side(node["positive"])
    let (negativeSpans, negative) = side(node["negative"])
    let hint: FloatHistogram.CounterResetHint =
        switch text(node["counter_reset_hint"]) {
        case "gauge": .gauge
        case "reset": .reset
        case "not_reset": .notReset
        default: .unknown
        }
    return FloatHistogram(
        schema: Int32(integer(node["schema"])), zeroThreshold: number(node["zero_threshold"]),
        zeroCount: number(node["zero_count"]), count: number(node["count"]), sum: number(node["sum"]),
        positiveSpans: positiveSpans, positiveBuckets: positive, negativeSpans: negativeSpans,
        negativeBuckets: negative, customValues: items(node["custom_values"]).map(number), counterResetHint: hint)
}
