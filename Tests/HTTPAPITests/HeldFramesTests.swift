import NIOCore
import Testing

@testable import HTTPAPI

@Suite("Frames for a slow reader")
struct HeldFramesTests {
    @Test("only the newest of each subject waits, in the order in which the subjects came")
    func newest() {
        var held = HeldFrames()
        held.put(ByteBuffer(string: "a1"), of: "a")
        held.put(ByteBuffer(string: "b1"), of: "b")
        held.put(ByteBuffer(string: "a2 longer"), of: "a")
        #expect(held.count == 2)
        #expect(held.bytes == 11)
        #expect(held.takeFirst() == ByteBuffer(string: "a2 longer"))
        held.put(ByteBuffer(string: "a3"), of: "a")
        #expect(held.takeFirst() == ByteBuffer(string: "b1"))
        #expect(held.takeFirst() == ByteBuffer(string: "a3"))
        #expect(held.takeFirst() == nil)
        #expect(held.isEmpty && held.bytes == 0)
    }
}
