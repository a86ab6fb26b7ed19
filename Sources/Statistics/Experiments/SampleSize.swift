/// How many units an experiment with one fixed look needs (normal approximation, each arm with its own variance).
public enum SampleSize {
    /// Units of control, not rounded.
    /// - Parameters:
    ///   - variances: of one unit in control and in treatment.
    ///   - difference: the smallest difference worth finding; not 0.
    ///   - allocation: units of treatment for each unit of control.
    public static func control(
        variances: (control: Double, treatment: Double), difference: Double, allocation: Double = 1,
        chance: Double = 0.05, power: Double = 0.8
    ) -> Double {
        let sum = Normal.upperQuantile(chance / 2) + Normal.upperQuantile(1 - power)
        return sum * sum * (variances.control + variances.treatment / allocation) / (difference * difference)
    }

    /// The variances of two shares, the second larger than the first by a relative lift.
    public static func shares(baseline: Double, lift: Double) -> (
        variances: (control: Double, treatment: Double), difference: Double
    ) {
        let treated = baseline * (1 + lift)
        return ((baseline * (1 - baseline), treated * (1 - treated)), treated - baseline)
    }

    /// The chance of finding the difference with so many units of control (the far tail is left out: it is nothing that anyone wants).
    public static func power(
        control: Double, variances: (control: Double, treatment: Double), difference: Double, allocation: Double = 1,
        chance: Double = 0.05
    ) -> Double {
        let error = ((variances.control + variances.treatment / allocation) / control).squareRoot()
        return Normal.lower(abs(difference) / error - Normal.upperQuantile(chance / 2))
    }
}
