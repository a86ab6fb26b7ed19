/// What a request to OFREP asks for, by its path.
enum OFREPRoute: Equatable {
    /// One flag. Where its key stands in the address, still percent-encoded.
    case flag(key: Range<Int>)
    /// Every flag.
    case bulk
    /// The stream that says when to ask again.
    case events
    /// Nothing that there is.
    case unknown

    /// - Parameter address: path and query of the request.
    /// - Returns: `nil` when it is not OFREP's.
    init?(_ address: UnsafeRawBufferPointer) {
        guard OFREPRoute.starts(address, with: "/ofrep/v1/") else { return nil }
        let end = address.firstIndex(of: UInt8(ascii: "?")) ?? address.count
        let path = UnsafeRawBufferPointer(rebasing: address[..<end])
        let flags: StaticString = "/ofrep/v1/evaluate/flags"
        let count = flags.utf8CodeUnitCount
        if OFREPRoute.starts(path, with: flags) {
            if path.count == count || path.count == count + 1 && path[count] == UInt8(ascii: "/") {
                self = .bulk
            } else {
                // Clients that do not encode the slashes of a key mean the same flag as those that do.
                self = path[count] == UInt8(ascii: "/") ? .flag(key: (count + 1)..<path.count) : .unknown
            }
        } else if OFREPRoute.starts(path, with: OFREPRoute.eventsPath),
            path.count == OFREPRoute.eventsPath.utf8CodeUnitCount
        {
            self = .events
        } else {
            self = .unknown
        }
    }

    static let eventsPath: StaticString = "/ofrep/v1/events"

    /// As the server's own metrics name it.
    var label: String {
        switch self {
        case .flag: "/ofrep/v1/evaluate/flags/{key}"
        case .bulk: "/ofrep/v1/evaluate/flags"
        case .events: "/ofrep/v1/events"
        case .unknown: "/ofrep/v1"
        }
    }

    private static func starts(_ bytes: UnsafeRawBufferPointer, with text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        return bytes.count >= count && text.withUTF8Buffer { $0.elementsEqual(bytes[..<count]) }
    }
}
