import Series

/// Collects values that come step by step into rows, found again by their labels.
struct RowCollector {
    private var labels: [Labels] = []
    private var dropsName: [Bool] = []
    private var values: [[Double]] = []
    private var boxes: [[HistogramBox?]] = []
    private var places: [Labels: Int] = [:]
    private let steps: Int

    init(steps: Int) { self.steps = steps }

    /// The row of some labels, made when there is none.
    ///
    /// At a single step every call makes a row of its own, because there duplicates are looked for at the very end only, unless
    /// it is `unique`.
    mutating func row(_ key: Labels, dropsName drops: Bool, unique: Bool = false) -> Int {
        if steps > 1 || unique {
            if let place = places[key] { return place }
            places[key] = labels.count
        }
        labels.append(key)
        dropsName.append(drops)
        values.append([Double](repeating: absent, count: steps))
        boxes.append([])
        return labels.count - 1
    }

    func hasValue(_ row: Int, _ step: Int) -> Bool { !values[row][step].isAbsent }

    mutating func set(_ row: Int, _ step: Int, _ value: Double, _ box: HistogramBox? = nil) {
        values[row][step] = value
        if let box {
            if boxes[row].isEmpty { boxes[row] = Array(repeating: nil, count: steps) }
            boxes[row][step] = box
        }
    }

    func block() -> Block {
        var block = Block()
        block.rows.reserveCapacity(labels.count)
        for row in labels.indices {
            block.append(labels[row], dropsName: dropsName[row], values[row], boxes[row])
        }
        return block
    }
}
