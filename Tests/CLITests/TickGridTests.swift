import Foundation
import Rehearsal
import Testing
import Values

@testable import CLI

/// What a server answers of a service's past is put into ticks, whatever it answers.
@Suite struct TickGridTests {
    private let grid = TickGrid(end: Timestamp(milliseconds: 1_000_000), tick: .seconds(10), count: 3)

    private func series(_ json: String) throws -> [MetricsAnswer.Series] {
        try JSONDecoder().decode([MetricsAnswer.Series].self, from: Data(json.utf8))
    }

    @Test("a time belongs to the tick that it ends, and to none when it is no time of these")
    func places() {
        #expect([980, 990, 1000].map(grid.place) == [0, 1, 2])
        #expect([970, 1010, 1e300, -1e300, .infinity, .nan].map(grid.place) == [nil, nil, nil, nil, nil, nil])
    }

    @Test("a native histogram may have a bucket without an end, and bounds that are none")
    func natives() throws {
        let answer = try series(
            #"[{"metric":{},"histograms":[[1000,{"count":"3","sum":"9","buckets":[[0,"0.5","1","0.1"],[0,"1","+Inf","0.2"],[0,"1","NaN","7"],[0,"1","2","+Inf"]]}],[1e300,{"count":"1","sum":"1"}]]}]"#
        )
        let track = grid.durations(native: answer[0].histograms ?? [])
        #expect(track == .durations(edges: [1, .infinity], [nil, nil, [1, 2]]))
    }

    @Test("bounds that are spelt in several ways are one bucket")
    func classics() throws {
        let answer = try series(
            #"""
            [{"metric":{"le":"1"},"values":[[1000,"0.1"]]},{"metric":{"le":"1.0"},"values":[[1000,"0.2"],[1e300,"9"]]},
             {"metric":{"le":"+Inf"},"values":[[1000,"0.5"],[990,"NaN"]]},{"metric":{"le":"x"},"values":[[1000,"7"]]}]
            """#)
        #expect(grid.durations(classic: answer) == .durations(edges: [1, .infinity], [nil, nil, [3, 2]]))
    }
}
