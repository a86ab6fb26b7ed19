import Testing
import Values

@Suite struct SeededGeneratorTests {
    @Test("the numbers are those of SplitMix64, whatever machine draws them")
    func reference() {
        var generator = SeededGenerator(seed: 1_234_567)
        let numbers = (0..<5).map { _ in generator.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test("shares lie evenly between 0 and 1, and chances come as often as they say")
    func shares() {
        var generator = SeededGenerator(seed: 3)
        var (tenths, happened) = ([Int](repeating: 0, count: 10), 0)
        for _ in 0..<100_000 {
            tenths[Int(generator.share() * 10)] += 1
            if generator.chance(0.1) { happened += 1 }
        }
        // Five standard deviations of a binomial count, which is 95 here.
        for count in tenths + [happened] { #expect(abs(count - 10_000) < 475) }
        let (never, always) = (generator.chance(0), generator.chance(1))
        #expect(!never && always)
    }
}
