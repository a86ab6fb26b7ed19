import Series

extension Evaluation {
    private func warnOfRange(_ frame: Frame, _ place: SourceRange) {
        guard prepared.isRange else { return }
        annotations.warn(
            "sort is ineffective for range queries since results are always ordered by labels", at: place)
    }

    func sorted(_ block: Block, _ isDescending: Bool, _ frame: Frame, _ place: SourceRange) -> Block {
        warnOfRange(frame, place)
        var block = block
        if !block.histograms.isEmpty {
            for index in block.values.indices where block.values[index].isHistogramMark { block.values[index] = absent }
            block.histograms = []
        }
        guard frame.steps == 1 else { return block }
        block.rows.sort { left, right in
            let (a, b) = (block.values[left.offset], block.values[right.offset])
            if a.isNaN || b.isNaN { return !a.isNaN && b.isNaN }
            return isDescending ? a > b : a < b
        }
        return block
    }

    func sortedByLabel(
        _ call: Call, _ isDescending: Bool, _ frame: Frame, _ place: SourceRange
    ) throws(PromQLError) -> Block {
        var block = try block(call.arguments[0], frame)
        warnOfRange(frame, place)
        guard frame.steps == 1 else { return block }
        let names = call.arguments.dropFirst().map(text)
        block.rows.sort { left, right in
            for name in names {
                let (a, b) = (left.labels[name] ?? "", right.labels[name] ?? "")
                if a.utf8.elementsEqual(b.utf8) { continue }
                return isDescending ? isNaturallyBefore(b, a) : isNaturallyBefore(a, b)
            }
            return isDescending ? right.labels < left.labels : left.labels < right.labels
        }
        return block
    }

    /// The value of an argument that is a text.
    func text(_ argument: Expression) -> String {
        if case .string(let value) = argument.unwrapped.form { return value }
        return ""
    }
}

/// Whether a text comes before another where numbers within count as numbers: `a2` before `a10`.
func isNaturallyBefore(_ left: String, _ right: String) -> Bool {
    let (a, b) = (Array(left.utf8), Array(right.utf8))
    var (i, j) = (0, 0)
    while i < a.count, j < b.count {
        guard isDigit(a[i]), isDigit(b[j]) else {
            if a[i] != b[j] { return a[i] < b[j] }
            i += 1
            j += 1
            continue
        }
        let (first, second) = (digits(a, &i), digits(b, &j))
        if first.count != second.count { return first.count < second.count }
        if first != second { return first.lexicographicallyPrecedes(second) }
    }
    if a.count - i != b.count - j { return a.count - i < b.count - j }
    return left.utf8.lexicographicallyPrecedes(right.utf8)
}

/// The digits from a position on, without zeroes before them.
private func digits(_ bytes: [UInt8], _ position: inout Int) -> ArraySlice<UInt8> {
    let start = position
    while position < bytes.count, isDigit(bytes[position]) { position += 1 }
    return bytes[start..<position].drop { $0 == UInt8(ascii: "0") }
}
