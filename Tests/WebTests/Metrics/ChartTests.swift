import PromQL
import Testing
import Values

@testable import Web

@Suite struct ChartTests {
    private let grid = ChartGrid(from: World.noon - .minutes(5), through: World.noon, step: .seconds(5))

    private static let ordinary: [[Double]] = [
        [0, 0], [1, 1], [-3, -3], [3, 950], [-5, 5], [41_000_000, 41_000_900], [1e-9, 2e-9], [1e15, 1e15 + 1],
        [7e17, 7e17],
    ]
    /// One to six times the least number that is more than zero, which have no tenth part.
    private static let tiny: [[Double]] =
        (1...6).flatMap { count in
            let value = Double(count) * .leastNonzeroMagnitude
            return [[0, value], [-value, value], [value, value]] as [[Double]]
        } + [[0, 9e-308], [0, .leastNormalMagnitude]]
    private static let huge: [[Double]] = [
        [1e300, 1.7e308], [-1e308, 1e308], [-1.7e308, 1.7e308], [1e308, 1.79e308],
        [-.greatestFiniteMagnitude, .greatestFiniteMagnitude],
        [Double.greatestFiniteMagnitude.nextDown, .greatestFiniteMagnitude], [-.infinity, .infinity], [0, .infinity],
    ]

    private func chart(_ values: [Double?], unit: ChartUnit = .number) -> Chart {
        var line = ChartLine("a", .canary, values: [Double?](repeating: nil, count: grid.count))
        for (place, value) in values.enumerated() { line.values[place] = value }
        return Chart(id: "x", title: "x", grid: grid, lines: [line], unit: unit)
    }

    @Test("a stretch without values is left open, and a value alone is a dot")
    func gaps() {
        let text = chart([1, 2, nil, 4, nil, 3, 3]).frame.html
        #expect(text.contains("d=\"M0 150L16.7 100M50 0h0M83.3 50L100 50\"") || text.contains("h0M"))
        #expect(text.contains("data-values=\"1|2||4||3|3|"))
    }

    @Test(
        "the scale holds every value, with few round numbers", arguments: ordinary + tiny + huge)
    func scale(values: [Double]) {
        for unit in [ChartUnit.number, .bytes, .ratio, .seconds] {
            let scale = ChartScale(values, unit: unit, fromZero: false)
            #expect((2...14).contains(scale.ticks.count))
            #expect(scale.low.isFinite && scale.high.isFinite && scale.low <= scale.high)
            #expect(scale.ticks.filter { !$0.isFinite }.isEmpty)
            for value in values { #expect((0...1).contains(scale.share(value))) }
            _ = scale.ticks.map(unit.words)
        }
    }

    @Test("values that hardly differ fill their chart")
    func narrow() {
        let scale = ChartScale([41_000_000, 41_000_900], unit: .number, fromZero: false)
        #expect(scale.share(41_000_900) > 0.7)
        #expect(scale.ticks.last == scale.high)
    }

    @Test("times are written at round moments, the day where it begins")
    func times() {
        let times = ChartTimes(from: World.noon - .hours(24), through: World.noon, count: 8)
        #expect((4...9).contains(times.ticks.count))
        #expect(times.ticks.allSatisfy { $0.at.milliseconds % 10_800_000 == 0 })
        #expect(ChartTimes(from: .epoch, through: .epoch, count: 3).ticks.map(\.text) == ["01-01"])
    }

    @Test(
        "the unit follows from the metrics and what is done with them",
        arguments: [
            ("process_resident_memory_bytes", ChartUnit.bytes), ("sum(rate(sent_bytes_total[1m]))", .bytes),
            ("histogram_quantile(0.9, rate(x_seconds_bucket[1m]))", .seconds), ("rate(cpu_seconds_total[1m])", .number),
            ("sum(rate(x{a=\"b\"}[1m])) / sum(rate(x[1m]))", .ratio), ("count(x_bytes)", .number),
            ("process_start_time_seconds", .number), ("max_over_time(wait_seconds[5m])", .seconds), ("a / b", .number),
            ("x_bytes > 5", .bytes),
        ])
    func unit(expression: String, unit: ChartUnit) throws {
        #expect(ChartUnit(of: try parse(expression)) == unit)
    }

    @Test("values are short and readable")
    func words() {
        #expect(ChartUnit.bytes.words(40 * 1_048_576) == "40 MiB")
        #expect(ChartUnit.seconds.words(0.00125) == "1.3 ms")
        #expect(ChartUnit.seconds.words(7300) == "2 h 1 min")
        #expect(ChartUnit.number.words(1_234_567) == "1.23M")
        #expect(ChartUnit.number.words(0.00000012) == "1.2e-7")
        #expect(ChartUnit.number.words(9999) == "9,999")
        #expect(ChartUnit.ratio.words(0.0475) == "4.75%")
    }

    @Test("words of marks are left out where they would run into one another; the marks themselves stay")
    func marks() {
        var chart = chart([1, 2, 3])
        chart.size = .large
        chart.marks = [0, 2, 200, 400].map {
            ChartMark(at: grid.start + .seconds($0), label: "a wave with a name \($0)", sentence: "It began.")
        }
        let text = chart.frame.html
        #expect(text.components(of: "class=\"pennant\"") == 3)
        #expect(!text.contains(">a wave with a name 0</text>"))
        #expect(text.contains(">a wave with a name 200</text>"))
    }
}
