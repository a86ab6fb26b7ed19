import NIOCore

/// The head of a plain answer, written around its body.
enum FlagResponseHead {
    /// Room that is left in front of a body for the longest head.
    static let room = 384

    /// Puts the head right in front of the body that stands at `bodyStart`, and the reader's index at its beginning.
    static func finish(
        _ buffer: inout ByteBuffer, bodyStart: Int, _ outcome: FlagAnswers.Outcome, date: String
    ) {
        let bodyLength = buffer.writerIndex - bodyStart
        let end = buffer.writerIndex
        let isUnchanged = outcome.status == 304
        buffer.moveReaderIndex(to: 0)
        buffer.moveWriterIndex(to: 0)
        buffer.writeStaticString(statusLine(outcome.status))
        if !isUnchanged { buffer.writeStaticString("content-type: application/json\r\n") }
        buffer.writeStaticString("x-content-type-options: nosniff\r\ncache-control: no-store\r\ndate: ")
        buffer.writeString(date)
        if let tag = outcome.tag {
            buffer.writeStaticString("\r\netag: ")
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: AnswerTag.length) { target in
                guard let base = target.baseAddress else { return 0 }
                tag.write(to: base)
                return AnswerTag.length
            }
        }
        if !isUnchanged {
            buffer.writeStaticString("\r\ncontent-length: ")
            write(bodyLength, to: &buffer)
        }
        buffer.writeStaticString("\r\n\r\n")
        let headLength = buffer.writerIndex
        let start = bodyStart - headLength
        // Written at the front, moved to where the body begins: its length is known only now.
        buffer.withVeryUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            (base + start).copyMemory(from: base, byteCount: headLength)
        }
        buffer.moveWriterIndex(to: end)
        buffer.moveReaderIndex(to: start)
    }

    private static func write(_ number: Int, to buffer: inout ByteBuffer) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            buffer.writeInteger(UInt8(truncatingIfNeeded: 48 + number / divisor % 10))
            divisor /= 10
        }
    }

    private static func statusLine(_ status: Int) -> StaticString {
        switch status {
        case 200: "HTTP/1.1 200 OK\r\n"
        case 304: "HTTP/1.1 304 Not Modified\r\n"
        case 404: "HTTP/1.1 404 Not Found\r\n"
        default: "HTTP/1.1 400 Bad Request\r\n"
        }
    }
}
