/// Mid-ranks of values: equal values share the mean of their places.
struct Ranks {
    let ranks: [Double]
    /// Σ (t³ − t) over groups of t equal values.
    let ties: Double

    init(_ values: [Double]) {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = Array(repeating: 0.0, count: values.count)
        var ties = 0.0
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            let size = Double(end - start)
            let rank = Double(start) + (size + 1) / 2
            for place in start..<end { ranks[order[place]] = rank }
            ties += size * size * size - size
            start = end
        }
        self.ranks = ranks
        self.ties = ties
    }
}
