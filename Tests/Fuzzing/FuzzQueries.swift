import Glibc

// The entry of the fuzzer of expressions.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    if let problem = QueryFuzzing.run(Array(UnsafeBufferPointer(start: data, count: size))) {
        print(problem)
        abort()
    }
    return 0
}
