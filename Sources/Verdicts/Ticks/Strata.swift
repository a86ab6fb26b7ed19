extension Sequence where Element == HostPlace {
    /// Whether there is a stratum with both cohorts: else hosts of different strata are compared rather than none.
    public var sharesAStratum: Bool {
        var (canary, others) = (Set<Int>(), Set<Int>())
        for place in self {
            if place.cohort == .canary { canary.insert(place.stratum) } else { others.insert(place.stratum) }
        }
        return !canary.isDisjoint(with: others)
    }
}

extension HostPlace {
    /// The same, of no stratum.
    public var withoutStratum: HostPlace {
        var place = self
        place.stratum = TickScene.noStratum
        return place
    }
}
