import Verdicts

/// Canary over baseline as a point with its interval, the baseline's own place, and what is tolerated: on a logarithmic scale.
struct EffectBar: Hashable, Sendable {
    var effect: Evidence.Effect
    /// The factor that is tolerated; `nil` where it cannot be told.
    var margin: Double?

    private static let width = 132.0
    /// Factors beyond these are drawn at the edge.
    private static let most = 32.0

    var markup: Markup {
        group {
            tag("span", .class("figure")) { "\(Figures.short(effect.ratio))×" }
            tag("span", .class("counts", "muted")) { interval }
            drawing
        }
    }

    private var interval: String {
        let confidence = Figures.percent(effect.confidence)
        guard let upper = effect.upper else { return "over \(Figures.short(effect.lower)), \(confidence)" }
        return "\(Figures.short(effect.lower))–\(Figures.short(upper)), \(confidence)"
    }

    private var tone: String {
        let tolerated = margin ?? 1
        if effect.lower > tolerated { return "worse" }
        if let upper = effect.upper, upper < tolerated { return "fine" }
        return "open"
    }

    private var drawing: Markup {
        tag(
            "svg", .class("effect", tone), .named("viewBox", "0 0 132 16"), .named("width", 132), .named("height", 16),
            .named("role", "img"), .named("aria-label", description)
        ) {
            tag("path", .class("grid"), .named("d", "M0 8H132"))
            tag("path", .class("one"), .named("d", "M\(place(1)) 2V14"))
            if let margin { tag("path", .class("margin"), .named("d", "M\(place(margin)) 0V16")) }
            tag(
                "path", .class("interval"),
                .named("d", "M\(place(effect.lower)) 8H\(effect.upper.map(place) ?? "132")"))
            tag("path", .class("point"), .named("d", "M\(place(effect.ratio)) 8h0"))
        }
    }

    private var description: String {
        let tolerated = margin.map { "; up to \(Figures.short($0)) times is tolerated" } ?? ""
        return "\(Figures.short(effect.ratio)) times the baseline, \(interval) confidence\(tolerated)"
    }

    /// As wide as it must be, and at least from half to twice.
    private var reach: Double {
        let factors = [effect.ratio, effect.lower, effect.upper ?? effect.ratio, (margin ?? 1) * 1.15, 2]
        let spreads = factors.filter { $0 > 0 && $0.isFinite }.map { $0 < 1 ? 1 / $0 : $0 }
        return min(EffectBar.most, (spreads.max() ?? 2) * 1.1)
    }

    private func place(_ factor: Double) -> String {
        let share = (Odds.decades(of: factor) / Odds.decades(of: reach) + 1) / 2
        return Figures.fixed(max(0.02, min(0.98, share)) * EffectBar.width, 1, trim: true, ascii: true)
    }
}
