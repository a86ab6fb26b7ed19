import Testing
import Values

@testable import ControlPlane

@Suite struct ComplaintsTests {
    @Test("the same complaint is said once in ten minutes, with how often it was not said")
    func repeated() {
        var complaints = Complaints()
        let start = Timestamp(milliseconds: 1_000_000)
        #expect(complaints.note("a", at: start) == 0)
        #expect(complaints.note("a", at: start + .seconds(1)) == nil)
        #expect(complaints.note("b", at: start + .seconds(2)) == 0)
        #expect(complaints.note("a", at: start + .seconds(599)) == nil)
        #expect(complaints.note("a", at: start + .seconds(600)) == 2)
        #expect(complaints.note("a", at: start + .seconds(601)) == nil)
    }

    @Test("a clock that was set back does not silence anybody")
    func clockSetBack() {
        var complaints = Complaints()
        #expect(complaints.note("a", at: Timestamp(milliseconds: 9_000_000)) == 0)
        #expect(complaints.note("a", at: Timestamp(milliseconds: 1_000_000)) == 0)
    }

    @Test("ever new complaints take no more and more memory")
    func many() {
        var complaints = Complaints()
        for number in 0..<1000 {
            #expect(complaints.note("\(number)", at: Timestamp(milliseconds: Int64(number))) == 0)
        }
        #expect(complaints.note("999", at: Timestamp(milliseconds: 1000)) == nil)
        #expect(complaints.note("0", at: Timestamp(milliseconds: 1000)) == 0)
    }
}
