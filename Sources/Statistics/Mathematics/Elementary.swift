#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// The C library is used for nothing but mathematics: these few functions, each within one unit in the last place or two.

/// The natural logarithm: negative infinity for 0, and no number for a negative value.
@inline(__always) public func logarithm(_ value: Double) -> Double { log(value) }

/// ln(1 + value), also for a tiny value.
@inline(__always) func logarithm(onePlus value: Double) -> Double { log1p(value) }

/// e to the power of the value.
@inline(__always) public func exponential(_ value: Double) -> Double { exp(value) }

/// exp(value) − 1, also for a tiny value.
@inline(__always) func exponentialMinusOne(_ value: Double) -> Double { expm1(value) }

@inline(__always) func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

@inline(__always) func complementaryError(_ value: Double) -> Double { erfc(value) }

func cosine(_ angle: Double) -> Double { cos(angle) }
