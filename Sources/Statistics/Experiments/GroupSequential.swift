/// Boundaries for an experiment with a few planned looks (Lan and DeMets 1983): exact for normal statistics at those looks, and only there.
///
/// For a rollout, whose length and onset are unknown, use evidence instead.
public enum GroupSequential {
    public enum Spending: Sendable, Hashable {
        /// Little early: 4(1 − Φ(z_{1−α/4} / √t)), two-sided.
        case obrienFleming
        /// Evenly: α ln(1 + (e − 1)t).
        case pocock

        func spent(chance: Double, at information: Double) -> Double {
            switch self {
            case .obrienFleming:
                4 * Normal.upper(Normal.upperQuantile(chance / 4) / information.squareRoot())
            case .pocock: chance * logarithm(onePlus: (exponential(1) - 1) * information)
            }
        }
    }

    /// |z| at which to stop at each look; 10 where practically nothing is spent.
    ///
    /// The density of the running sum between the boundaries is carried from look to look (Armitage, McPherson and Rowe 1969) by Gauss and
    /// Legendre's rule, error about 1e-12.
    /// - Parameter information: the share of the planned units at each look, rising to 1.
    public static func boundaries(information: [Double], chance: Double, spending: Spending) -> [Double] {
        var boundaries: [Double] = []
        var (nodes, masses): ([Double], [Double]) = ([0], [1])
        var (time, spent) = (0.0, 0.0)
        for share in information {
            let (before, now) = (time, share)
            guard now > before else { return boundaries }
            let deviation = (now - before).squareRoot()
            let target = spending.spent(chance: chance, at: now) - spent
            let outside = { (limit: Double) in
                zip(nodes, masses).reduce(0) { sum, node in
                    sum + node.1
                        * (Normal.upper((limit - node.0) / deviation) + Normal.lower((-limit - node.0) / deviation))
                }
            }
            let z = root(from: 0, to: 10) { max(-700, logarithm(outside($0 * now.squareRoot()))) - logarithm(target) }
            boundaries.append(z)
            let limit = z * now.squareRoot()
            let next = rule.nodes.map { $0 * limit }
            masses = zip(next, rule.weights).map { place, weight in
                let density = zip(nodes, masses).reduce(0) { $0 + $1.1 * Normal.density((place - $1.0) / deviation) }
                return density / deviation * weight * limit
            }
            (nodes, time, spent) = (next, now, spent + target)
        }
        return boundaries
    }

    private static let rule = Quadrature(count: 256)
}
