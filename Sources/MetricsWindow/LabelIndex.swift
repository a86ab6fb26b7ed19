import Series

/// Finds series by their labels.
struct LabelIndex {
    /// Label name → value → numbers of series, rising.
    private var postings: [String: [String: [Int]]] = [:]
    private(set) var seriesCount = 0

    mutating func add(_ number: Int, _ labels: [String: String]) {
        seriesCount += 1
        for (name, value) in labels {
            postings[name, default: [:]][value, default: []].append(number)
        }
    }

    /// The fewest candidates that one matcher leaves; `nil` means all series. Every candidate must still be checked.
    func candidates(_ matchers: MatcherSet) -> [Int]? {
        var best: [Int]?
        for matcher in matchers.compiled where matcher.matcher.operation == .equal && !matcher.matcher.value.isEmpty {
            let found = postings[matcher.matcher.name]?[matcher.matcher.value] ?? []
            if found.count < best?.count ?? .max { best = found }
        }
        return best
    }
}

/// Matchers of one query, ready for use, each remembering what it found of a value.
struct MatcherSet {
    let compiled: [CompiledMatcher]
    private var known: [[String: Bool]]

    init(_ matchers: [LabelMatcher]) throws(QueryError) {
        var compiled: [CompiledMatcher] = []
        for matcher in matchers {
            do throws(RegularExpressionError) {
                compiled.append(try CompiledMatcher(matcher))
            } catch {
                throw .invalidMatcher("\(matcher.name)\(matcher.operation.rawValue)\"\(matcher.value)\": \(error)")
            }
        }
        self.compiled = compiled
        self.known = Array(repeating: [:], count: compiled.count)
    }

    mutating func match(_ labels: [String: String]) -> Bool {
        for (index, matcher) in compiled.enumerated() {
            let value = labels[matcher.matcher.name] ?? ""
            switch matcher.matcher.operation {
            case .equal, .notEqual:
                if !matcher.matches(value) { return false }
            case .matches, .doesNotMatch:
                let answer = known[index][value] ?? matcher.matches(value)
                known[index][value] = answer
                if !answer { return false }
            }
        }
        return true
    }
}
