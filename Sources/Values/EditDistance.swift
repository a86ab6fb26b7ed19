/// The candidate that a mistyped word most likely meant.
///
/// Optimal string alignment distance (insert, delete, replace, swap of neighbours), at most a third of the word's length.
/// - Complexity: O(candidates × word² ), for short words.
/// - Returns: `nil` when nothing is near enough.
public func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let limit = max(1, word.count / 3 + 1)
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
        let distance = editDistance(Array(word.lowercased()), Array(candidate.lowercased()))
        if distance <= limit, distance < best?.distance ?? .max {
            best = (distance, candidate)
        }
    }
    return best?.candidate
}

private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    if abs(left.count - right.count) > 8 { return .max }
    var beforePrevious = [Int](repeating: 0, count: right.count + 1)
    var previous = Array(0...right.count)
    for row in 0..<left.count {
        var current = [row + 1] + [Int](repeating: 0, count: right.count)
        for column in 0..<right.count {
            let replaced = previous[column] + (left[row] == right[column] ? 0 : 1)
            current[column + 1] = min(replaced, previous[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                current[column + 1] = min(current[column + 1], beforePrevious[column - 1] + 1)
            }
        }
        (beforePrevious, previous) = (previous, current)
    }
    return previous[right.count]
}
