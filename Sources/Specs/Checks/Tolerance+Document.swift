public import Documents
import Values

extension Tolerance: DocumentForm {
    public init?(reading cursor: Cursor) {
        self.init(reading: cursor, usual: Tolerance(), nil)
    }

    /// What is not said is as `usual`; but who says one of `absolute` and `floor` does without the other.
    init?(reading cursor: Cursor, usual: Tolerance, _ form: CheckForm?) {
        guard let fields = cursor.fields(["relative", "absolute", "floor"], "a tolerance") else { return nil }
        self = usual
        for key in form?.refusedBounds ?? [] where fields.has(key) {
            fields.report(
                atKey: key, "'\(key)' is a share of events, and a \(form?.key ?? "check") has none",
                hint: "say by which factor it may grow: relative: 1.5")
        }
        if fields.has("absolute") || fields.has("floor") {
            absolute = fields["absolute"]?.share() ?? Percentage(0)
            floor = fields["floor"]?.share() ?? Percentage(0)
        }
        guard let cursor = fields["relative"], let factor = cursor.number("a factor like 1.25") else { return }
        relative = factor
        if factor < 1 {
            cursor.report(
                "the factor \(factor) would refuse a canary that is no worse: at least 1",
                hint: "1.25 allows a quarter more")
        }
    }

    public var documentNode: Node {
        .mapping([
            ("relative", .number(relative)), ("absolute", absolute.documentNode),
            ("floor", floor.percent > 0 ? floor.documentNode : nil),
        ])
    }
}

extension Cursor {
    fileprivate func share() -> Percentage? {
        guard let share = percentage() else { return nil }
        if share.percent > 100 { report("\(share) is more than everything: at most 100%") }
        return share
    }
}
