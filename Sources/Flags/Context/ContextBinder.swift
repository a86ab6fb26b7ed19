/// Reads a context's JSON once, and fills the slots of the attributes that rules read. Strict as `JSONReader`, which says
/// what is wrong when this one finds that something is.
struct ContextBinder {
    /// So many bytes behind the text can be read: zeros, which are no JSON.
    static let padding = 16

    let program: Program
    /// Where the text ends within the arena.
    private var end: Int
    private var offset = 0
    /// Where free room begins in the arena.
    private var free: Int
    private var depth = 0

    init(_ program: Program, end: Int) {
        self.program = program
        self.end = end
        free = end + ContextBinder.padding
    }

    /// Reads the text at the beginning of the arena; false when it is no object.
    @inline(__always)
    mutating func document(_ bound: inout BoundContext) -> Bool {
        close(&bound)
        skipSpace(bound.arena)
        guard bound.arena[offset] == UInt8(ascii: "{"), object(0, &bound) else { return false }
        skipSpace(bound.arena)
        return offset == end
    }

    private func close(_ bound: inout BoundContext) {
        UnsafeMutableRawPointer(bound.arena + end).storeBytes(of: 0, as: UInt64.self)
        UnsafeMutableRawPointer(bound.arena + end + 8).storeBytes(of: 0, as: UInt64.self)
    }

    /// Fills a slot with a text from elsewhere.
    mutating func bind(_ text: String, at place: UInt32, _ bound: inout BoundContext) {
        var text = text
        let start = bound.arena + free
        let count = text.withUTF8 { utf8 in
            if let base = utf8.baseAddress { start.update(from: base, count: utf8.count) }
            return utf8.count
        }
        free += count
        bound.fill(program.places[Int(place)].slot, slot(start, count, place))
    }

    /// Fills slots from the JSON of a list or an object from elsewhere.
    mutating func bind(_ json: [UInt8], at place: UInt32, _ bound: inout BoundContext) {
        (bound.arena + free).update(from: json, count: json.count)
        (offset, end) = (free, free + json.count)
        free = end + ContextBinder.padding
        close(&bound)
        _ = value(place, &bound)
    }

    @inline(__always)
    private func slot(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ place: UInt32) -> Slot {
        let bytes = UnsafeRawPointer(bytes)
        var symbol = Slot.Symbol.unknown
        if program.places[Int(place)].needsSymbol { symbol = program.texts.find(bytes, count) ?? Slot.Symbol.unknown }
        return .bytes(Slot.Tag.string, bytes, count, symbol: symbol)
    }

    @inline(__always)
    private mutating func skipSpace(_ text: UnsafePointer<UInt8>) {
        while text[offset] <= 0x20 {
            switch text[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset &+= 1
            default: return
            }
        }
    }

    // MARK: - Objects and lists

    private mutating func object(_ owner: UInt32, _ bound: inout BoundContext) -> Bool {
        let text = bound.arena
        guard depth < JSONReader.depthLimit else { return false }
        depth &+= 1
        offset &+= 1
        skipSpace(text)
        if text[offset] == UInt8(ascii: "}") {
            offset &+= 1
            depth &-= 1
            return true
        }
        while true {
            guard text[offset] == UInt8(ascii: "\""), let name = string(text) else { return false }
            skipSpace(text)
            guard text[offset] == UInt8(ascii: ":") else { return false }
            offset &+= 1
            skipSpace(text)
            let place = owner == UInt32.max ? nil : program.names.find(name.bytes, name.count, owner: owner)
            if let place {
                if owner != 0 { bound.list(place, below: owner) }
                guard value(place, &bound) else { return false }
            } else {
                guard skip(text, &bound) else { return false }
            }
            skipSpace(text)
            if text[offset] == UInt8(ascii: ",") {
                offset &+= 1
                skipSpace(text)
            } else {
                guard text[offset] == UInt8(ascii: "}") else { return false }
                offset &+= 1
                depth &-= 1
                return true
            }
        }
    }

    private mutating func list(_ text: UnsafeMutablePointer<UInt8>, _ bound: inout BoundContext) -> Bool {
        guard depth < JSONReader.depthLimit else { return false }
        depth &+= 1
        offset &+= 1
        skipSpace(text)
        if text[offset] == UInt8(ascii: "]") {
            offset &+= 1
            depth &-= 1
            return true
        }
        while true {
            guard skip(text, &bound) else { return false }
            skipSpace(text)
            if text[offset] == UInt8(ascii: ",") {
                offset &+= 1
                skipSpace(text)
            } else {
                guard text[offset] == UInt8(ascii: "]") else { return false }
                offset &+= 1
                depth &-= 1
                return true
            }
        }
    }

    /// Reads a value that no rule asks for.
    private mutating func skip(_ text: UnsafeMutablePointer<UInt8>, _ bound: inout BoundContext) -> Bool {
        switch text[offset] {
        case UInt8(ascii: "\""): return string(text) != nil
        case UInt8(ascii: "{"): return object(UInt32.max, &bound)
        case UInt8(ascii: "["): return list(text, &bound)
        default: return scalar(text) != nil
        }
    }

    private mutating func value(_ place: UInt32, _ bound: inout BoundContext) -> Bool {
        let text = bound.arena
        let known = program.places[Int(place)]
        if known.hasChildren { bound.begin(place, program) }
        let start = offset
        switch text[offset] {
        case UInt8(ascii: "\""):
            guard let found = string(text) else { return false }
            bound.fill(known.slot, slot(found.bytes.assumingMemoryBound(to: UInt8.self), found.count, place))
        case UInt8(ascii: "{"):
            guard object(known.hasChildren ? place : UInt32.max, &bound) else { return false }
            bound.fill(known.slot, .bytes(Slot.Tag.composite, UnsafeRawPointer(text + start), offset &- start))
        case UInt8(ascii: "["):
            guard list(text, &bound) else { return false }
            bound.fill(known.slot, .bytes(Slot.Tag.composite, UnsafeRawPointer(text + start), offset &- start))
        default:
            guard let found = scalar(text) else { return false }
            bound.fill(known.slot, found)
        }
        return true
    }
}

// MARK: - Scalars

extension ContextBinder {
    /// Reads a text: in place where it has no escapes. `nil` when it is none.
    @inline(__always)
    private mutating func string(_ text: UnsafeMutablePointer<UInt8>) -> (bytes: UnsafeRawPointer, count: Int)? {
        let start = offset &+ 1
        var place = start
        var isASCII = true
        while true {
            let word = UnsafeRawPointer(text + place).loadUnaligned(as: UInt64.self)
            let stop = ContextBinder.stops(word)
            if stop == 0 {
                place &+= 8
                continue
            }
            place &+= stop.trailingZeroBitCount >> 3
            let byte = text[place]
            if byte == UInt8(ascii: "\"") { break }
            if byte < 0x80 { return byte == UInt8(ascii: "\\") ? escaped(text, start) : nil }
            isASCII = false
            while text[place] >= 0x80 { place &+= 1 }
        }
        offset = place &+ 1
        let bytes = UnsafeRawPointer(text + start)
        guard isASCII || isUTF8(bytes, place &- start) else { return nil }
        return (bytes, place &- start)
    }

    /// The high bits of those bytes that end a plain text or need a closer look.
    @inline(__always)
    private static func stops(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5c)
        let found = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word | word
        return found & (ones &* 0x80)
    }

    /// A text with escapes goes to the free part of the arena.
    @inline(never)
    private mutating func escaped(
        _ text: UnsafeMutablePointer<UInt8>, _ start: Int
    ) -> (bytes: UnsafeRawPointer, count: Int)? {
        var reader = JSONReader(UnsafeRawBufferPointer(start: text, count: end))
        reader.offset = start - 1
        guard var string = try? reader.string() else { return nil }
        offset = reader.offset
        let target = text + free
        let count = string.withUTF8 { utf8 in
            if let base = utf8.baseAddress { target.update(from: base, count: utf8.count) }
            return utf8.count
        }
        free += count
        return (UnsafeRawPointer(target), count)
    }

    /// Reads a number, true, false or null; `nil` when it is none of them.
    @inline(__always)
    private mutating func scalar(_ text: UnsafeMutablePointer<UInt8>) -> Slot? {
        switch text[offset] {
        case UInt8(ascii: "t"):
            guard take(0x6575_7274, text) else { return nil }
            return .bool(true)
        case UInt8(ascii: "f"):
            guard take(0x736c_6166, text), text[offset] == UInt8(ascii: "e") else { return nil }
            offset &+= 1
            return .bool(false)
        case UInt8(ascii: "n"):
            guard take(0x6c6c_756e, text) else { return nil }
            return Slot()
        default: return number(text)
        }
    }

    @inline(__always)
    private mutating func take(_ word: UInt32, _ text: UnsafeMutablePointer<UInt8>) -> Bool {
        guard UInt32(littleEndian: UnsafeRawPointer(text + offset).loadUnaligned(as: UInt32.self)) == word else {
            return false
        }
        offset &+= 4
        return true
    }

    private mutating func number(_ text: UnsafeMutablePointer<UInt8>) -> Slot? {
        let start = offset
        let isNegative = text[offset] == UInt8(ascii: "-")
        if isNegative { offset &+= 1 }
        var magnitude: UInt64 = 0
        let first = offset
        digits(text, &magnitude)
        let whole = offset &- first
        if whole == 0 || whole > 1 && text[first] == UInt8(ascii: "0") { return nil }
        if text[offset] == UInt8(ascii: ".") {
            offset &+= 1
            let point = offset
            digits(text, &magnitude)
            let fraction = offset &- point
            if fraction == 0 { return nil }
            let isPlain = text[offset] | 0x20 != UInt8(ascii: "e")
            // Up to here the quotient of two exact numbers is the nearest double.
            if isPlain, whole &+ fraction <= 15 {
                let value = Double(magnitude) / powersOfTen[fraction]
                return .number(isNegative ? -value : value)
            }
        } else if text[offset] | 0x20 != UInt8(ascii: "e"), whole <= 18, magnitude > 0 || !isNegative {
            return .integer(isNegative ? -Int64(magnitude) : Int64(magnitude))
        }
        offset = start
        return slowNumber(text)
    }

    @inline(__always)
    private mutating func digits(_ text: UnsafeMutablePointer<UInt8>, _ magnitude: inout UInt64) {
        while true {
            let digit = text[offset] &- 0x30
            if digit > 9 { return }
            magnitude = magnitude &* 10 &+ UInt64(digit)
            offset &+= 1
        }
    }

    @inline(never)
    private mutating func slowNumber(_ text: UnsafeMutablePointer<UInt8>) -> Slot? {
        var reader = JSONReader(UnsafeRawBufferPointer(start: text, count: end))
        reader.offset = offset
        guard let number = try? reader.number() else { return nil }
        let start = offset
        offset = reader.offset
        if !reader.largeIntegers.isEmpty {
            return .bytes(Slot.Tag.large, UnsafeRawPointer(text + start), offset - start)
        }
        switch number {
        case .integer(let integer): return .integer(integer)
        case .number(let double): return .number(double)
        default: return nil
        }
    }
}

private let powersOfTen: InlineArray<16, Double> = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
]

/// Whether bytes are UTF-8 as Unicode has it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
func isUTF8(_ bytes: UnsafeRawPointer, _ count: Int) -> Bool {
    var offset = 0
    func byte(_ place: Int) -> UInt8 { bytes.load(fromByteOffset: place, as: UInt8.self) }
    while offset < count {
        let first = byte(offset)
        if first < 0x80 {
            offset &+= 1
            continue
        }
        let (length, low, high): (Int, UInt8, UInt8)
        switch first {
        case 0xC2...0xDF: (length, low, high) = (2, 0x80, 0xBF)
        case 0xE0: (length, low, high) = (3, 0xA0, 0xBF)
        case 0xED: (length, low, high) = (3, 0x80, 0x9F)
        case 0xE1...0xEF: (length, low, high) = (3, 0x80, 0xBF)
        case 0xF0: (length, low, high) = (4, 0x90, 0xBF)
        case 0xF1...0xF3: (length, low, high) = (4, 0x80, 0xBF)
        case 0xF4: (length, low, high) = (4, 0x80, 0x8F)
        default: return false
        }
        guard offset &+ length <= count, byte(offset &+ 1) >= low, byte(offset &+ 1) <= high else { return false }
        for place in 2..<max(length, 2) where byte(offset &+ place) & 0xC0 != 0x80 { return false }
        offset &+= length
    }
    return true
}
