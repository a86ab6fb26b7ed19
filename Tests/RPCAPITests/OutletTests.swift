import Testing

@testable import RPCAPI

@Suite struct OutletTests {
    @Test("one message is on its way, and what comes meanwhile is merged into one that waits")
    func merging() {
        var outlet = Outlet<[Int]>()
        #expect(outlet.offer([1], merge: +) == [1])
        #expect(outlet.offer([2], merge: +) == nil)
        #expect(outlet.offer([3], merge: +) == nil)
        #expect(outlet.sent() == [2, 3])
        #expect(outlet.sent() == nil)
        #expect(!outlet.isBusy)
        #expect(outlet.offer([4], merge: +) == [4])
    }
}
