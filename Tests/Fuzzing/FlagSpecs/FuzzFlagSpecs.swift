import Glibc

// The entry of the fuzzer; `HALCYON_FUZZ_TARGET` says what is fuzzed.
private let target =
    getenv("HALCYON_FUZZ_TARGET").flatMap { FlagSpecsFuzzing(rawValue: String(cString: $0)) } ?? .managed

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    if let problem = target.run(bytes) {
        print(problem)
        fflush(nil)
        abort()
    }
    return 0
}
