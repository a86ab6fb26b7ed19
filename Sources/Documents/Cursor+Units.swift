public import Values

extension Cursor {
    /// A duration like `30s`, at least `minimum`.
    public func period(atLeast minimum: Period = .zero) -> Period? {
        switch node.value {
        case .string(let text):
            if let period = Period(text) {
                if period >= minimum { return period }
                report("\(text) is too short: at least \(minimum)")
            } else if text.hasPrefix("-"), Period(text.dropFirst()) != nil {
                report("\(text) is negative: a duration is at least \(minimum)")
            } else if Double(text) != nil {
                mismatch("a duration like 30s", why: "a duration needs a unit", hint: unitHint)
            } else {
                mismatch("a duration like 30s", hint: "units are ms, s, m, h, d and w, as in 500ms or 1h30m")
            }
        case .integer(0):
            if minimum == .zero { return .zero }
            report("0 is too short: at least \(minimum)")
        case .integer, .number:
            mismatch("a duration like 30s", why: "a duration needs a unit", hint: unitHint)
        default:
            mismatch("a duration like 30s")
        }
        return nil
    }

    private var unitHint: String { "\(scalarText)s is seconds, \(scalarText)m minutes" }

    /// A count like `3` or a share like `5%`.
    public func amount() -> Amount? {
        switch node.value {
        case .integer(let count) where count >= 0 && count <= Int64(Int32.max):
            return .count(Int(count))
        case .string(let text):
            if let amount = Amount(text) { return amount }
            if let percentage = Percentage(text), percentage.percent > 100 {
                report("\(text) is more than everybody: at most 100%")
            } else {
                mismatch("a count like 3 or a share like 5%")
            }
        case .number(let share) where share > 0 && share < 1:
            mismatch("a count like 3 or a share like 5%", hint: "write \(plain(rounded(share * 100)))%")
        case .integer(let count) where count < 0:
            report("\(count) is negative: a count is at least 0")
        default:
            mismatch("a count like 3 or a share like 5%")
        }
        return nil
    }

    /// A percentage like `1%`.
    public func percentage() -> Percentage? {
        if case .string(let text) = node.value, let percentage = Percentage(text) { return percentage }
        switch node.value {
        case .integer, .number: mismatch("a percentage like 1%", why: "the percent sign is missing")
        default: mismatch("a percentage like 1%")
        }
        return nil
    }

    /// A size like `64MiB`, more than nothing.
    public func byteSize() -> ByteSize? {
        if case .string(let text) = node.value, let size = ByteSize(text) {
            if size.bytes > 0 { return size }
            report("\(text) is no room at all: a size is at least 1B")
            return nil
        }
        switch node.value {
        case .integer(let number):
            mismatch(
                "a size like 64MiB", why: "a size needs a unit", hint: "\(number)B is bytes, \(number)MiB mebibytes")
        default:
            mismatch("a size like 64MiB", hint: "units are B, KiB, MiB, GiB, TiB, KB, MB, GB and TB")
        }
        return nil
    }

    /// A time like `2026-12-24T18:00:00Z`.
    public func timestamp() -> Timestamp? {
        if case .string(let text) = node.value, let time = Timestamp(text) { return time }
        mismatch(
            "a time like 2026-12-24T18:00:00Z",
            hint: "date, time and zone as in RFC 3339, for example 2026-12-24T18:00:00+01:00")
        return nil
    }

    private func rounded(_ percent: Double) -> Double { (percent * 1e6).rounded() / 1e6 }
}
