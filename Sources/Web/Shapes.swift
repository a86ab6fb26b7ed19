/// How much attention a state asks for. Decides the colour; the shape and the word say the rest.
enum Tone: String, Hashable, Sendable, CaseIterable {
    case idle
    case busy
    case good
    case attention
    case bad
}

/// The shapes that stand beside the words of states, so that colour is never the only sign.
enum Shape: String, Hashable, Sendable, CaseIterable {
    case empty
    case clock
    case arrow
    case half
    case eye
    case back
    case check
    case returned
    case cross
    case pause
    case hand
    case question
    case dot

    /// The outline in a box of 16 by 16.
    private var paths: [Markup] {
        switch self {
        case .empty: return [circle("line", 6)]
        case .clock: return [circle("line", 6), path("line", "M8 4.6V8l2.4 1.6")]
        case .arrow: return [path("line", "M2.5 8h10M8.6 3.8 12.8 8l-4.2 4.2")]
        case .half: return [circle("line", 6), path("solid", "M8 2a6 6 0 0 0 0 12z")]
        case .eye: return [circle("line", 6), circle("solid", 2.6)]
        case .back: return [path("line", "M13.5 8h-10M7.4 3.8 3.2 8l4.2 4.2")]
        case .check: return [circle("solid", 7), path("cut", "m4.8 8.2 2.2 2.2 4.2-4.6")]
        case .returned:
            return [
                path(
                    "solid",
                    "M3 1.5h10A1.5 1.5 0 0 1 14.5 3v10a1.5 1.5 0 0 1-1.5 1.5H3A1.5 1.5 0 0 1 1.5 13V3A1.5 1.5 0 0 1 3 1.5z"
                ), path("cut", "M11.6 8H4.8m2.6-2.8L4.6 8l2.8 2.8"),
            ]
        case .cross: return [path("solid", "M8 .8 15.2 8 8 15.2.8 8z"), path("cut", "m6 6 4 4m0-4-4 4")]
        case .pause: return [path("line", "M5.4 3.5v9m5.2-9v9")]
        case .hand: return [path("solid", "M8 1 15.5 14.4H.5z"), path("cut", "M8 6v3.6m0 1.6v1")]
        case .question: return [path("bold", "M4.7 5.2a3.3 3.3 0 1 1 5 2.8C8.5 8.7 8 9.3 8 10.4m0 3v.2")]
        case .dot: return [circle("solid", 3)]
        }
    }

    private func circle(_ style: String, _ radius: Double) -> Markup {
        tag(
            "circle", .class(style), .named("cx", 8), .named("cy", 8),
            .named("r", Figures.fixed(radius, 1, trim: true)))
    }

    private func path(_ style: String, _ outline: String) -> Markup {
        tag("path", .class(style), .named("d", outline))
    }

    /// All shapes, once in a page; `icon` refers to them.
    static var sprite: Markup {
        tag("svg", .class("sprite"), .named("aria-hidden", "true"), .named("width", 0), .named("height", 0)) {
            for shape in allCases {
                tag("symbol", .id("shape-\(shape.rawValue)"), .named("viewBox", "0 0 16 16")) { shape.paths }
            }
        }
    }

    /// The shape alone; a word beside it must say the same.
    var icon: Markup {
        tag(
            "svg", .class("icon"), .named("viewBox", "0 0 16 16"), .named("width", 14), .named("height", 14),
            .named("aria-hidden", "true")
        ) {
            tag("use", .named("href", "#shape-\(rawValue)"))
        }
    }
}

/// A state: shape, word and colour.
struct Sign: Hashable, Sendable {
    var shape: Shape
    var word: String
    var tone: Tone

    /// The shape with its word.
    var badge: Markup {
        tag("span", .class("sign", "tone-\(tone.rawValue)")) {
            shape.icon
            tag("span") { word }
        }
    }

    /// As `badge`, set off from its surroundings, for the head of a page.
    var pill: Markup {
        tag("span", .class("sign", "pill", "tone-\(tone.rawValue)")) {
            shape.icon
            tag("span") { word }
        }
    }
}
