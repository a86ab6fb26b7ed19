/// One answer out of the evidence of several checks.
///
/// Everything is in logarithms. e-values may be averaged under *any* dependence between them: expectations add. They may be multiplied only
/// when each is an e-value given the ones before.
public enum Merging {
    /// ln Σ vⱼ Eⱼ: evidence that *some* hypothesis is false, the weights summing to at most 1.
    public static func mean(_ logs: [Double], weights: [Double]) -> Double {
        logSum(zip(logs, weights).map { $1 > 0 ? $0 + logarithm($1) : -.infinity })
    }

    /// ln Σ Eⱼ, of bets that are parts of one.
    public static func sum(_ logs: [Double]) -> Double { logSum(logs) }

    /// ln((1 − share) E + share F), of two.
    public static func mean(_ first: Double, _ second: Double, share: Double) -> Double {
        logSum(first + logarithm(1 - share), second + logarithm(share))
    }

    /// ln min Eⱼ: evidence that *all* hypotheses are false (Berger's intersection and union test). No budget is spent for it. "Worse than the
    /// baseline, and above the floor."
    public static func least(_ logs: [Double]) -> Double { logs.min() ?? 0 }

    /// ln of the evidence that hypothesis `index` is false, allowing for all the others that were looked at: the smallest weighted mean over
    /// the sets of checks that hold it (closed testing; Vovk and Wang, Annals of Statistics 2021).
    public static func closed(_ logs: [Double], weights: [Double], index: Int) -> Double {
        guard logs.indices.contains(index), logs.count == weights.count, weights[index] > 0 else { return 0 }
        var sum = logs[index] + logarithm(weights[index])
        var weight = weights[index]
        for other in logs.indices.sorted(by: { logs[$0] < logs[$1] }) where other != index && weights[other] > 0 {
            guard logs[other] < sum - logarithm(weight) else { break }
            sum = logSum(sum, logs[other] + logarithm(weights[other]))
            weight += weights[other]
        }
        return sum - logarithm(weight)
    }

    /// Which of many hypotheses to reject with a false discovery rate of at most `rate`, under any dependence: e-BH (Wang and Ramdas, JRSS-B
    /// 2022). For pages over many rollouts.
    public static func falseDiscoveries(_ logs: [Double], rate: Double) -> [Int] {
        let order = logs.indices.sorted { logs[$0] > logs[$1] }
        var count = 0
        for (place, index) in order.enumerated()
        where logs[index] >= logarithm(Double(logs.count) / (Double(place + 1) * rate)) { count = place + 1 }
        return order.prefix(count).sorted()
    }
}
