/// p-values adjusted for how many were looked at: reject where the adjusted one is at most the level.
public enum MultipleComparisons {
    /// Controls the chance of any false rejection, under any dependence.
    public static func bonferroni(_ p: [Double]) -> [Double] { p.map { min(1, $0 * Double(p.count)) } }

    /// Holm (1979): as Bonferroni, and never less powerful.
    public static func holm(_ p: [Double]) -> [Double] {
        var adjusted = p
        var largest = 0.0
        for (place, index) in ascending(p).enumerated() {
            largest = max(largest, min(1, p[index] * Double(p.count - place)))
            adjusted[index] = largest
        }
        return adjusted
    }

    /// Hochberg (1988): more powerful than Holm where the p-values are independent or positively dependent.
    public static func hochberg(_ p: [Double]) -> [Double] {
        stepUp(p) { Double(p.count - $0 + 1) }
    }

    /// Benjamini and Hochberg (1995): the false discovery rate, where independent or positively dependent.
    public static func benjaminiHochberg(_ p: [Double]) -> [Double] {
        stepUp(p) { Double(p.count) / Double($0) }
    }

    /// Benjamini and Yekutieli (2001): the false discovery rate under any dependence.
    public static func benjaminiYekutieli(_ p: [Double]) -> [Double] {
        let harmonic = (1...max(1, p.count)).reduce(0) { $0 + 1 / Double($1) }
        return stepUp(p) { harmonic * Double(p.count) / Double($0) }
    }

    private static func ascending(_ p: [Double]) -> [Int] { p.indices.sorted { p[$0] < p[$1] } }

    /// The running minimum, from the largest p down, of p times a factor of its rank (from 1).
    private static func stepUp(_ p: [Double], factor: (Int) -> Double) -> [Double] {
        var adjusted = p
        var smallest = 1.0
        for (place, index) in ascending(p).enumerated().reversed() {
            smallest = min(smallest, p[index] * factor(place + 1))
            adjusted[index] = smallest
        }
        return adjusted
    }
}
