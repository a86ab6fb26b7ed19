import Glibc

// The entry of the fuzzer of the metrics; `HALCYON_FUZZ_TARGET` says what is fuzzed.
private let target =
    getenv("HALCYON_FUZZ_TARGET").flatMap { MetricsFuzzTarget(rawValue: String(cString: $0)) } ?? .snappy

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    if let problem = target.run(bytes) {
        print(problem)
        abort()
    }
    return 0
}
