extension Function {
    /// `rate(range vector) instant vector`
    public var signature: String {
        var parts = arguments.map(\.described)
        if variadic < 0, let last = parts.popLast() {
            parts.append("\(last) …")
        } else if variadic > 0, let last = parts.popLast() {
            parts.append(variadic == 1 ? "[\(last)]" : "\(last) …")
        }
        return "\(name)(\(parts.joined(separator: ", "))) → \(result.described)"
    }

    /// The page of the reference about the functions, in Markdown.
    public static var reference: String {
        var page = """
            # PromQL

            The query language is that of Prometheus 3, with everything that is experimental there switched on: ranges are open to the left,
            names may hold any character (`{"name.with.dots", "label with spaces"="x"}`), numbers may stand for durations and durations for
            numbers, durations can be calculated (`[2 * step()]`), `@`, negative offsets and subqueries work, and so do `anchored` and `smoothed`
            ranges and the `fill` modifiers. The metric's name is dropped at the very end of an evaluation.

            ## Functions

            This part is made from the table of functions itself. Functions marked with † may still change in Prometheus.

            | function | what it gives |
            |---|---|

            """
        for function in all {
            let mark = function.isExperimental ? " †" : ""
            page += "| `\(function.signature)`\(mark) | \(function.summary) |\n"
        }
        page += """

            ## Aggregations

            `sum`, `avg`, `min`, `max`, `count`, `group`, `stddev`, `stdvar`, `quantile(share, …)`, `topk(k, …)`, `bottomk(k, …)`,
            `count_values("label", …)`, `limitk(k, …)` † and `limit_ratio(share, …)` †, each with `by (…)` or `without (…)`.

            ## Operators, the strongest first

            | operators | |
            |---|---|
            | `^` | binds to the right |
            | `*` `/` `%` `atan2` | |
            | `+` `-` | |
            | `==` `!=` `<` `<=` `>` `>=` `</` `>/` | `bool` makes 0 and 1 of a comparison; `</` and `>/` trim native histograms |
            | `and` `unless` | |
            | `or` | |

            `on (…)` and `ignoring (…)` say which labels must be the same, `group_left (…)` and `group_right (…)` which side may have several
            elements, and `fill (…)`, `fill_left (…)` and `fill_right (…)` † what stands for an element that is missing.

            """
        return page
    }
}
