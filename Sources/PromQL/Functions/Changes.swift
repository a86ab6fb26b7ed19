import Series

extension Function {
    static let changes = [
        Function(
            "changes", [.matrix], "How often the value changed in the range.",
            .ofWindow { window in window.transitions { $0.isChange } }),
        Function(
            "resets", [.matrix], "How often a counter was reset in the range.",
            .ofWindow { window in window.transitions { $0.isReset } }),
    ]
}

/// Two samples one after the other.
private struct Transition {
    var window: Window
    var from: (isFloat: Bool, index: Int)
    var to: (isFloat: Bool, index: Int)

    var isChange: Bool {
        guard from.isFloat == to.isFloat else { return true }
        guard from.isFloat else {
            return !window.histograms[to.index].value.isSame(as: window.histograms[from.index].value)
        }
        let (old, new) = (window.values[from.index], window.values[to.index])
        return new != old && !(new.isNaN && old.isNaN)
    }

    var isReset: Bool {
        guard from.isFloat == to.isFloat else { return true }
        guard from.isFloat else {
            let (old, new) = (window.histograms[from.index], window.histograms[to.index])
            return isStartReset(
                previousStart: old.start, previousTime: old.time, start: new.start, time: new.time)
                || new.value.isReset(since: old.value)
        }
        return window.values[to.index] < window.values[from.index]
            || isStartReset(
                previousStart: window.start(ofFloat: from.index), previousTime: window.times[from.index],
                start: window.start(ofFloat: to.index), time: window.times[to.index])
    }
}

extension Window {
    /// How many pairs of neighbouring samples, of any kind, fulfil a condition.
    fileprivate func transitions(_ counts: (Transition) -> Bool) -> Double {
        guard var (float, box) = firsts() else { return absent }
        var previous: (isFloat: Bool, index: Int)?
        var count = 0
        while float < floats.upperBound || box < boxes.upperBound {
            let isFloat =
                box >= boxes.upperBound || (float < floats.upperBound && times[float] < histograms[box].time)
            let current = (isFloat: isFloat, index: isFloat ? float : box)
            if isFloat { float += 1 } else { box += 1 }
            if let previous, counts(Transition(window: self, from: previous, to: current)) { count += 1 }
            previous = current
        }
        return Double(count)
    }

    /// Where to begin: an anchored range begins with the last sample of any kind before it, and needs one within.
    private func firsts() -> (float: Int, box: Int)? {
        guard reach == .anchored else { return (floats.lowerBound, boxes.lowerBound) }
        let float = partition(floats) { times[$0] > start } - 1
        let box = partition(boxes) { histograms[$0].time > start } - 1
        if float + 1 >= floats.upperBound, box + 1 >= boxes.upperBound { return nil }
        let hasFloat = float >= floats.lowerBound
        let hasBox = box >= boxes.lowerBound
        if !hasFloat, !hasBox { return (floats.lowerBound, boxes.lowerBound) }
        if !hasBox || (hasFloat && times[float] >= histograms[box].time) { return (float, box + 1) }
        return (float + 1, box)
    }
}
