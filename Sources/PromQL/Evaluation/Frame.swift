/// The times at which an expression is evaluated.
struct Frame: Hashable {
    let start: Int64
    let end: Int64
    /// At least 1.
    let interval: Int64

    /// Times beyond this, in either direction, are refused, so that adding and subtracting periods never overflows.
    static let latest: Int64 = 4_000_000_000_000_000_000

    /// How many times there are; 0 when the end is before the start.
    var steps: Int { end < start ? 0 : Int((end - start) / interval) + 1 }

    func time(_ step: Int) -> Int64 { start + Int64(step) * interval }

    /// Only the first time.
    var single: Frame { Frame(start: start, end: start, interval: interval) }

    /// The times at which a subquery's operand is evaluated for all times of this frame: multiples of its step.
    func inner(range: Int64, step: Int64, shift: ResolvedShift) -> Frame {
        let first = shift.apply(to: start) - range
        let last = shift.apply(to: end)
        // Division rounds towards zero, as where this comes from.
        var aligned = step * (first / step)
        if aligned <= first { aligned += step }
        return Frame(start: aligned, end: last, interval: step)
    }
}

/// Where a selector looks: at a fixed time, or so long before the time of evaluation.
struct ResolvedShift: Hashable {
    var anchor: Int64?
    var offset: Int64

    func apply(to time: Int64) -> Int64 { (anchor ?? time) - offset }
}

extension TimeShift {
    /// The shift of a prepared selector.
    var resolved: ResolvedShift {
        var anchor: Int64?
        if case .time(let time) = self.anchor { anchor = time }
        return ResolvedShift(anchor: anchor, offset: offset?.milliseconds ?? 0)
    }
}
