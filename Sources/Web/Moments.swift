import Values

/// Points in time: relative for reading, exact on hover and for machines.
enum Moments {
    /// A `<time>` that the page's script keeps current; without script it shows the age at the time of rendering.
    static func relative(_ moment: Timestamp, now: Timestamp) -> Markup {
        tag(
            "time", .named("datetime", moment.description), .named("title", exact(moment)), .flag("data-moment")
        ) { words(moment, now: now) }
    }

    /// `2026-11-23 05:10:21 UTC`.
    static func exact(_ moment: Timestamp) -> String {
        let text = moment.description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
    }

    /// `just now`, `12 s ago`, `4 min ago`, `3 h ago`, `2 days ago`; `in 5 min` for what is to come.
    static func words(_ moment: Timestamp, now: Timestamp) -> String {
        let seconds = (now - moment).milliseconds / 1000
        guard abs(seconds) >= 2 else { return "just now" }
        let age = words(seconds: abs(seconds))
        return seconds > 0 ? "\(age) ago" : "in \(age)"
    }

    private static func words(seconds: Int64) -> String {
        switch seconds {
        case ..<90: return "\(seconds) s"
        case ..<5400: return "\((seconds + 30) / 60) min"
        case ..<129_600: return "\((seconds + 1800) / 3600) h"
        default: return "\((seconds + 43_200) / 86_400) days"
        }
    }
}
