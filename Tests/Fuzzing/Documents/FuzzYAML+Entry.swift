import Glibc

// The entry of the fuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    if let problem = FuzzYAML.run(bytes) {
        print(problem)
        fflush(nil)
        abort()
    }
    return 0
}
