/// Evidence that outlives a restart: its bytes, read back into a value of the same configuration, continue it to the last bit.
public protocol EvidenceState {
    /// What the bytes are of; no two types share one.
    static var kind: UInt8 { get }
    /// What of the configuration must be the same for the bytes to make sense.
    var fingerprint: UInt64 { get }
    func writeState(to bytes: inout StateWriter)
    mutating func readState(from bytes: inout StateReader) throws(StateError)
}

extension EvidenceState {
    /// The state, in a few hundred bytes: a version, the kind, the configuration's fingerprint, then numbers by their bits.
    public var state: [UInt8] {
        var writer = StateWriter()
        writer.bytes = [1, Self.kind]
        writer.write(fingerprint)
        writeState(to: &writer)
        return writer.bytes
    }

    /// Continues where `state` stopped. A value that throws is unchanged.
    /// - Throws: `StateError` for bytes of another version, type or configuration, or that are cut short or too long.
    public mutating func restore(_ state: some Sequence<UInt8>) throws(StateError) {
        var reader = StateReader(bytes: Array(state))
        guard try reader.byte() == 1 else { throw .otherVersion }
        guard try reader.byte() == Self.kind else { throw .otherKind }
        guard try reader.word() == fingerprint else { throw .otherConfiguration }
        var restored = self
        try restored.readState(from: &reader)
        guard reader.isAtEnd else { throw .wrongLength }
        self = restored
    }
}

/// Why bytes are not the state of a value.
public enum StateError: Error, Hashable, CustomStringConvertible {
    case otherVersion
    case otherKind
    case otherConfiguration
    case wrongLength
    case notANumber

    public var description: String {
        switch self {
        case .otherVersion: "the evidence was written by another version"
        case .otherKind: "the evidence is of another kind of check"
        case .otherConfiguration: "the evidence was collected with other margins, grids or sizes"
        case .wrongLength: "the evidence is cut short or too long"
        case .notANumber: "the evidence holds a value that no check can have"
        }
    }
}

/// Writes numbers by their bits, lowest byte first.
public struct StateWriter: Sendable {
    public internal(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func write(_ byte: UInt8) { bytes.append(byte) }

    public mutating func write(_ word: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
    }

    public mutating func write(_ number: Double) { write(number.bitPattern) }

    /// A text with its length, or none.
    public mutating func write(_ text: String?) {
        guard let text else { return write(UInt64.max) }
        write(UInt64(text.utf8.count))
        bytes += text.utf8
    }

    public mutating func write(_ numbers: [Double]) { for number in numbers { write(number) } }
}

/// Reads what a `StateWriter` wrote.
public struct StateReader: Sendable {
    private let bytes: [UInt8]
    private var place = 0

    public init(bytes: [UInt8]) { self.bytes = bytes }

    public var isAtEnd: Bool { place == bytes.count }

    public mutating func byte() throws(StateError) -> UInt8 {
        guard place < bytes.count else { throw .wrongLength }
        place += 1
        return bytes[place - 1]
    }

    public mutating func word() throws(StateError) -> UInt64 {
        var word: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 8) { word |= UInt64(try byte()) << UInt64(shift) }
        return word
    }

    public mutating func count() throws(StateError) -> Int {
        guard let count = Int(exactly: try word()) else { throw .notANumber }
        return count
    }

    /// - Throws: `StateError` for a length beyond the end, or bytes that are no text.
    public mutating func text() throws(StateError) -> String? {
        let length = try word()
        guard length != .max else { return nil }
        guard length <= UInt64(bytes.count - place) else { throw .wrongLength }
        let end = place + Int(length)
        guard let text = String(validating: bytes[place..<end], as: UTF8.self) else { throw .notANumber }
        place = end
        return text
    }

    public mutating func number() throws(StateError) -> Double {
        let number = Double(bitPattern: try word())
        guard !number.isNaN else { throw .notANumber }
        return number
    }

    public mutating func numbers(_ count: Int) throws(StateError) -> [Double] {
        guard count >= 0, count <= (bytes.count - place) / 8 else { throw .wrongLength }
        var numbers: [Double] = []
        for _ in 0..<count { numbers.append(try number()) }
        return numbers
    }
}

/// A number that tells texts apart (FNV-1a over their bytes); nothing secret depends on it.
public func fingerprintOf(_ text: String) -> UInt64 {
    var value = Fingerprint.basis
    for byte in text.utf8 { value = (value ^ UInt64(byte)) &* Fingerprint.prime }
    return value
}

/// A number that tells lists of numbers apart, by their bits.
public func fingerprintOf(_ numbers: [Double]) -> UInt64 {
    var fingerprint = Fingerprint()
    fingerprint.add(numbers)
    return fingerprint.value
}

/// A number that tells configurations apart (FNV-1a over their bits); nothing secret depends on it.
struct Fingerprint {
    fileprivate static let basis: UInt64 = 0xcbf2_9ce4_8422_2325
    fileprivate static let prime: UInt64 = 0x100_0000_01b3

    private(set) var value = basis

    init(_ words: UInt64...) { for word in words { add(word) } }

    mutating func add(_ word: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            value ^= (word >> UInt64(shift)) & 0xff
            value &*= Fingerprint.prime
        }
    }

    mutating func add(_ number: Double) { add(number.bitPattern) }

    mutating func add(_ numbers: [Double]) { for number in numbers { add(number) } }
}
