import Series

extension Function {
    static let histogramQuantile = Function(
        name: "histogram_quantile", parameters: [.scalar, .vector], result: .vector,
        usage: "histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m])))",
        documentation: "The value below which the given share of a histogram lies, guessed within its bucket."
    ) { call throws(PromQLError) in
        let share = call.number(0)
        var order: [[String: String]] = []
        var histograms: [[String: String]: [HistogramBucket]] = [:]
        for element in call.elements(1) {
            guard let bound = element.labels["le"].flatMap({ parseFloat($0) }) else { continue }
            var key = element.labels
            key["le"] = nil
            if histograms[key] == nil { order.append(key) }
            histograms[key, default: []].append(HistogramBucket(upperBound: bound, count: element.value))
        }
        return .vector(
            order.map { key in
                let value = bucketQuantile(share, histograms[key] ?? [])
                return Element(labels: key, value: value).with(value, dropsName: true)
            })
    }
}

/// How many observations are at most `upperBound`.
struct HistogramBucket {
    var upperBound: Double
    var count: Double
}

/// The quantile of a classic histogram, as Prometheus estimates it: evenly spread within a bucket.
func bucketQuantile(_ share: Double, _ buckets: [HistogramBucket]) -> Double {
    if share.isNaN { return .nan }
    if share < 0 { return -.infinity }
    if share > 1 { return .infinity }
    let buckets = merged(buckets)
    guard buckets.count >= 2, let last = buckets.last, last.upperBound == .infinity else { return .nan }
    let observations = last.count
    if observations == 0 || observations.isNaN { return .nan }
    var rank = share * observations
    let index = buckets.dropLast().firstIndex { $0.count >= rank } ?? buckets.count - 1
    if index == buckets.count - 1 { return buckets[index - 1].upperBound }
    let end = buckets[index].upperBound
    if index == 0, end <= 0 { return end }
    var start = 0.0
    var count = buckets[index].count
    if index > 0 {
        start = buckets[index - 1].upperBound
        count -= buckets[index - 1].count
        rank -= buckets[index - 1].count
    }
    return start + (end - start) * (rank / count)
}

/// Rising bounds, equal ones added up, and counts that never fall (scrapes of one histogram are not always consistent).
private func merged(_ buckets: [HistogramBucket]) -> [HistogramBucket] {
    var merged: [HistogramBucket] = []
    for bucket in buckets.sorted(by: { $0.upperBound < $1.upperBound }) {
        if let last = merged.last, last.upperBound == bucket.upperBound {
            merged[merged.count - 1].count += bucket.count
        } else {
            merged.append(bucket)
        }
    }
    for index in merged.indices.dropFirst() where merged[index].count < merged[index - 1].count {
        merged[index].count = merged[index - 1].count
    }
    return merged
}
