import NIOCore
import Synchronization

/// Server-sent events as they go over the wire: each a chunk of a chunked HTTP/1.1 body, ready to be written to any
/// number of connections.
enum StreamFrame {
    static let keepAlive = chunk(Array(": \n\n".utf8))
    /// Asks the client to wait before it connects again, and ends the body.
    static let farewell = chunk(Array("retry: 2000\n\n".utf8), last: true)
    static let end = ByteBuffer(string: "0\r\n\r\n")

    /// One event. `data` is one JSON text; should it have several lines, each gets its `data:` field.
    static func event(_ name: UnsafeBufferPointer<UInt8>, data: [UInt8]) -> ByteBuffer {
        var body: [UInt8] = []
        body.reserveCapacity(data.count + name.count + 32)
        body += "event: ".utf8
        body += name
        body += "\ndata: ".utf8
        if data.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
            for byte in data where byte != 0x0D {
                body.append(byte)
                if byte == 0x0A { body += "data: ".utf8 }
            }
        } else {
            body += data
        }
        body += "\n\n".utf8
        return chunk(body)
    }

    /// An event without a name, with an identifier from which the client can go on after a break. Both have one line.
    static func message(id: String, data: String) -> ByteBuffer {
        chunk(Array("id: \(id)\ndata: \(data)\n\n".utf8))
    }

    /// The same, with an identifier by which a client knows what it has.
    static func event(_ name: String, id: String, data: [UInt8]) -> ByteBuffer {
        let field = Array("\(name)\nid: \(id)".utf8)
        return field.withUnsafeBufferPointer { event($0, data: data) }
    }

    private static func chunk(_ body: [UInt8], last: Bool = false) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(body.count + 24)
        buffer.writeString(String(body.count, radix: 16))
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(body)
        buffer.writeStaticString("\r\n")
        if last { buffer.writeStaticString("0\r\n\r\n") }
        return buffer
    }
}

/// Turns an event into bytes once, however many streams it is sent to.
///
/// A broadcast hands the same array to every stream. It is recognised by the address of its storage, which cannot be
/// used for anything else as long as the array is held here.
final class StreamFrames: Sendable {
    private struct Entry {
        var name: UnsafeRawPointer
        var data: [UInt8]
        var frame: ByteBuffer
    }

    private struct Recent: @unchecked Sendable {  // the pointers are those of string literals: they live for ever
        var entries: [Entry] = []
        var next = 0
    }

    /// A broadcast may alternate between a few states of the fleet.
    private static let kept = 8
    private let recent = Mutex(Recent())

    func frame(_ name: StaticString, data: [UInt8]) -> ByteBuffer {
        guard name.hasPointerRepresentation, !data.isEmpty else { return encode(name, data) }
        let pointer = UnsafeRawPointer(name.utf8Start)
        return recent.withLock { recent in
            if let entry = recent.entries.first(where: { $0.name == pointer && $0.data.isSameStorage(as: data) }) {
                return entry.frame
            }
            let entry = Entry(name: pointer, data: data, frame: encode(name, data))
            if recent.entries.count < StreamFrames.kept {
                recent.entries.append(entry)
            } else {
                recent.entries[recent.next] = entry
                recent.next = (recent.next + 1) % StreamFrames.kept
            }
            return entry.frame
        }
    }

    /// Lets go of the arrays, so that nothing large is held between broadcasts.
    func forget() {
        recent.withLock { $0 = Recent() }
    }

    private func encode(_ name: StaticString, _ data: [UInt8]) -> ByteBuffer {
        name.withUTF8Buffer { StreamFrame.event($0, data: data) }
    }
}

extension [UInt8] {
    fileprivate func isSameStorage(as other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        let (mine, theirs) = (
            withUnsafeBufferPointer { $0.baseAddress }, other.withUnsafeBufferPointer { $0.baseAddress }
        )
        return mine == theirs
    }
}
