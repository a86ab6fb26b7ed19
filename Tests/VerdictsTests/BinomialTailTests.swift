import Testing

@testable import Verdicts

#if canImport(Glibc)
    import Glibc
#endif

@Suite("The binomial tail")
struct BinomialTailTests {
    @Test("is exact for small counts")
    func small() {
        // All ways to get a head at least three times in four, counted by hand.
        #expect(abs(exp(logUpperTail(successes: 3, trials: 4, probability: 0.5)) - 5.0 / 16) < 1e-12)
        #expect(abs(exp(logUpperTail(successes: 4, trials: 4, probability: 0.1)) - 1e-4) < 1e-15)
        #expect(abs(exp(logUpperTail(successes: 1, trials: 10, probability: 0.01)) - 0.09561792499119559) < 1e-12)
    }

    @Test("is stable for large ones")
    func large() {
        // A normal tail of five deviations is about 2.87e-7; the binomial one is a little heavier.
        let deviation = (1e6 * 0.005 * 0.995).squareRoot()
        let tail = exp(logUpperTail(successes: (5000 + 5 * deviation).rounded(), trials: 1e6, probability: 0.005))
        #expect(tail > 2.8e-7 && tail < 5e-7)
        let far = logUpperTail(successes: 1e9, trials: 1e10, probability: 0.001)
        #expect(far < -1e8 && far.isFinite)
    }

    @Test("has no surprises at its ends")
    func ends() {
        #expect(logUpperTail(successes: 0, trials: 10, probability: 0.3) == 0)
        #expect(logUpperTail(successes: 3, trials: 10, probability: 0.3) == 0)
        #expect(logUpperTail(successes: 1, trials: 10, probability: 0) == -.infinity)
        #expect(logUpperTail(successes: 11, trials: 10, probability: 0.3) == -.infinity)
        #expect(logUpperTail(successes: 10, trials: 10, probability: 1) == 0)
    }
}
