import Foundation
import Testing
import Values

@Suite("Hostile expressions")
struct FuzzingTests {
    static let seeds: [String] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { try? String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
    }()

    @Test("what is kept in the corpus is answered")
    func corpus() {
        #expect(FuzzingTests.seeds.count >= 7)
        for text in FuzzingTests.seeds { #expect(QueryFuzzing.run(Array(text.utf8)) == nil) }
    }

    @Test("broken texts are refused or answered, never a crash, and what is printed means the same")
    func mutations() {
        var generator = SeededGenerator(seed: 7)
        func next(_ below: Int) -> Int { Int.random(in: 0..<below, using: &generator) }
        let all = FuzzingTests.seeds.map { Array($0.utf8) }
        for round in 0..<1500 {
            var bytes = all[round % all.count]
            let other = all[next(all.count)]
            for _ in 0..<1 + next(4) {
                switch next(3) {
                case 0: bytes.remove(at: next(bytes.count))
                case 1: bytes[next(bytes.count)] = other[next(other.count)]
                default:
                    let start = next(other.count)
                    bytes.insert(contentsOf: other[start..<min(other.count, start + 6)], at: next(bytes.count))
                }
            }
            if let problem = QueryFuzzing.run(bytes) {
                Issue.record("\(String(decoding: bytes, as: UTF8.self)): \(problem)")
                return
            }
        }
    }

    @Test(
        "far times, long ranges and deep nesting are refused",
        arguments: [
            "x @ 4e15", "x @ -4.1e15", "x[292y:1ms]", "count_over_time(vector(1)[290y:1ms] offset 290y)",
            "x offset 293y",
            "x[1e300]", "x[2^2000]", "sum_over_time((x[290y:1y] offset -290y)[290y:1y] @ 3e15)", "round(x, 1e-320)",
            "topk(1e300, x)", "limitk(-1e300, x)", "quantile(1e300, x)", "year(x * 1e300)", "-x[1y:1s] @ 1e12",
            String(repeating: "-", count: 3000) + "x", String(repeating: "(", count: 3000),
            String(repeating: "abs(", count: 300) + "x" + String(repeating: ")", count: 300),
            String(repeating: "1+", count: 4000) + "1",
        ])
    func extremes(text: String) {
        #expect(QueryFuzzing.run(Array(text.utf8)) == nil)
    }
}
