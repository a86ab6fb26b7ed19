import Series
import Values

/// How much a series changed over the whole range, guessed from the samples within as Prometheus does: the change is stretched
/// to the range's ends, but by no more than half an interval where samples seem to be missing, and a counter never below 0.
///
/// - Returns: `nil` with fewer than two samples.
func extrapolatedChange(_ samples: [Sample], _ range: RangeVector, isCounter: Bool) -> Double? {
    guard samples.count >= 2, let first = samples.first, let last = samples.last, first.at < last.at else { return nil }
    var change = last.value - first.value
    if isCounter {
        for (before, after) in zip(samples, samples.dropFirst()) where after.value < before.value {
            change += before.value
        }
    }
    let sampled = (last.at - first.at).seconds
    let interval = sampled / Double(samples.count - 1)
    var toStart = (first.at - range.after).seconds
    var toEnd = (range.through - last.at).seconds
    if toStart >= interval * 1.1 { toStart = interval / 2 }
    if toEnd >= interval * 1.1 { toEnd = interval / 2 }
    if isCounter, change > 0, first.value >= 0 {
        toStart = min(toStart, sampled * (first.value / change))
    }
    return change * (sampled + toStart + toEnd) / sampled
}
