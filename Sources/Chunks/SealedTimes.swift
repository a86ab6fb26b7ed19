/// Times of a sealed column: the first, then the differences of their differences, as numbers of few bytes each.
public enum SealedTimes {
    public static func append(_ times: UnsafeBufferPointer<Int64>, to bytes: inout [UInt8]) {
        var last: Int64 = 0
        var delta: Int64 = 0
        for time in times {
            let next = time &- last
            bytes.append(zigzag: next &- delta)
            // The first difference is the time itself, which says nothing of the second.
            delta = last == 0 ? 0 : next
            last = time
        }
    }

    /// Fills `times`; false when there are fewer.
    public static func read(_ reader: inout ByteReader, into times: UnsafeMutableBufferPointer<Int64>) -> Bool {
        var last: Int64 = 0
        var delta: Int64 = 0
        for index in times.indices {
            let next = delta &+ reader.zigzag()
            let time = last &+ next
            times[index] = time
            delta = last == 0 ? 0 : next
            last = time
        }
        return !reader.isBroken
    }
}
