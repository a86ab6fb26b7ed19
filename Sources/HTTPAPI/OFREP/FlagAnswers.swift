import Flags
import NIOCore
import Ports
import Values

/// Answers questions about flags on an event loop: no waiting, and no memory but what the answer is written into.
/// Confined to its event loop.
struct FlagAnswers: ~Copyable {
    private var context = BoundContext()
    /// Of the environment that was asked last; nearly always the only one.
    private var lastBoard: FlagBoard?
    private var kept = FlagBoard.Kept()
    private var key: [UInt8] = []
    private var resolutions: [Resolution] = []

    /// What came out, besides the body.
    struct Outcome {
        var status: Int
        /// Of a bulk answer.
        var tag: AnswerTag?

        static let ok = Outcome(status: 200)
        static let wrong = Outcome(status: 400)
        static let missing = Outcome(status: 404)
    }

    // MARK: One flag

    /// - Parameters:
    ///   - encodedKey: as it stands in the address, percent-encoded.
    ///   - body: the request's.
    ///   - out: what the answer's body is appended to.
    mutating func flag(
        _ encodedKey: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer, of board: FlagBoard, now: Timestamp,
        into out: inout ByteBuffer
    ) -> Outcome {
        let sheet = sheet(of: board)
        let snapshot = sheet.snapshot
        if encodedKey.contains(UInt8(ascii: "%")) {
            guard FlagAnswers.decode(encodedKey, into: &key) else {
                FlagAnswers.writeError(
                    .general, "the key in the path is not well percent-encoded", key: encodedKey, into: &out)
                return .wrong
            }
            return key.withUnsafeBytes { key in answer(key, body, board, sheet, snapshot, now, &out) }
        }
        return answer(encodedKey, body, board, sheet, snapshot, now, &out)
    }

    private mutating func answer(
        _ key: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer, _ board: FlagBoard, _ sheet: AnswerSheet,
        _ snapshot: FlagSnapshot, _ now: Timestamp, _ out: inout ByteBuffer
    ) -> Outcome {
        do throws(ContextProblem) {
            try FlagAnswers.bind(body, snapshot, &context)
        } catch {
            FlagAnswers.writeError(.invalidContext, error.description, key: key, into: &out)
            return .wrong
        }
        guard let flag = snapshot.index(of: key) else {
            FlagAnswers.writeError(
                .flagNotFound, "there is no flag with this key in the environment '\(board.feed.name)'", key: key,
                into: &out)
            return .missing
        }
        let resolution = snapshot.evaluate(flag, in: &context, at: now)
        board.feed.count(flag: flag, variant: resolution.variant, of: snapshot)
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: sheet.capacity(flag)) { target in
            guard let base = target.baseAddress else { return 0 }
            return sheet.write(flag, resolution, to: base)
        }
        return resolution.error == nil ? .ok : .wrong
    }

    // MARK: All flags

    /// - Parameter known: the value of `If-None-Match`. When it names the answer's tag, there is no body.
    mutating func all(
        body: UnsafeRawBufferPointer, known: UnsafeRawBufferPointer?, of board: FlagBoard, ticket: FlagBoard.Ticket,
        now: Timestamp, into out: inout ByteBuffer
    ) -> Outcome {
        let sheet = sheet(of: board)
        let snapshot = sheet.snapshot
        var tag = AnswerTag()
        do throws(ContextProblem) {
            let place = try FlagAnswers.bind(body, snapshot, &context)
            if let place { tag.add(UnsafeRawBufferPointer(rebasing: body[place])) }
        } catch {
            FlagAnswers.writeError(.invalidContext, error.description, key: nil, into: &out)
            return .wrong
        }
        // Who asks for all flags at once does not say which of them they use.
        board.feed.tookAll()
        resolutions.removeAll(keepingCapacity: true)
        for flag in 0..<Int32(snapshot.count) {
            let resolution = snapshot.evaluate(flag, in: &context, at: now)
            tag.add(resolution)
            resolutions.append(resolution)
        }
        var etag = snapshot.etag
        etag.withUTF8 { tag.add(UnsafeRawBufferPointer($0)) }
        // A client that is told that nothing has changed keeps the address of its stream, too.
        ticket.streamsJSON.withUnsafeBytes { tag.add($0) }
        if let known, tag.isNamed(by: known) { return Outcome(status: 304, tag: tag) }
        write(sheet, ticket, into: &out)
        return Outcome(status: 200, tag: tag)
    }

    private func write(_ sheet: AnswerSheet, _ ticket: FlagBoard.Ticket, into out: inout ByteBuffer) {
        let room = sheet.bulkCapacity + sheet.metadata.count + ticket.streamsJSON.count + 64
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            guard let base = target.baseAddress else { return 0 }
            var length = AnswerSheet.copy("{\"flags\":[", to: base)
            for (flag, resolution) in resolutions.enumerated() {
                if flag > 0 { length += AnswerSheet.copy(",", to: base + length) }
                length += sheet.write(Int32(flag), resolution, to: base + length)
            }
            return length + AnswerSheet.copy("],\"metadata\":", to: base + length)
        }
        out.writeBytes(sheet.metadata)
        out.writeBytes(ticket.streamsJSON)
    }

    // MARK: Parts

    private mutating func sheet(of board: FlagBoard) -> AnswerSheet {
        if lastBoard !== board {
            lastBoard = board
            kept = FlagBoard.Kept()
        }
        return board.sheet(&kept)
    }

    @discardableResult
    private static func bind(
        _ body: UnsafeRawBufferPointer, _ snapshot: FlagSnapshot, _ context: inout BoundContext
    ) throws(ContextProblem) -> Range<Int>? {
        guard let place = try ContextPlace.find(in: body) else {
            snapshot.bind(EvaluationContext(), into: &context)
            return nil
        }
        do throws(ContextProblem) {
            try snapshot.bind(json: UnsafeRawBufferPointer(rebasing: body[place]), into: &context)
        } catch {
            throw ContextProblem(error.message, at: error.offset + place.lowerBound)
        }
        return place
    }

    /// Returns false when a percent sign is not followed by two hexadecimal digits.
    private static func decode(_ encoded: UnsafeRawBufferPointer, into key: inout [UInt8]) -> Bool {
        key.removeAll(keepingCapacity: true)
        var index = 0
        while index < encoded.count {
            if encoded[index] == UInt8(ascii: "%") {
                guard index + 2 < encoded.count, let high = encoded[index + 1].hexadecimalValue,
                    let low = encoded[index + 2].hexadecimalValue
                else { return false }
                key.append(high << 4 | low)
                index += 3
            } else {
                key.append(encoded[index])
                index += 1
            }
        }
        return true
    }

    /// - Parameter key: as it was understood; what is no UTF-8 of it is replaced.
    static func writeError(
        _ code: FlagErrorCode, _ details: String, key: UnsafeRawBufferPointer?, into out: inout ByteBuffer
    ) {
        out.writeStaticString("{")
        if let key {
            out.writeStaticString("\"key\":")
            out.writeBytes(FlagValue.string(String(decoding: key, as: UTF8.self)).json)
            out.writeStaticString(",")
        }
        out.writeStaticString("\"errorCode\":\"")
        out.writeStaticString(code.name)
        out.writeStaticString("\",\"errorDetails\":")
        out.writeBytes(FlagValue.string(details).json)
        out.writeStaticString("}")
    }
}

extension UInt8 {
    fileprivate var hexadecimalValue: UInt8? {
        switch self {
        case 48...57: self - 48
        case 65...70: self - 55
        case 97...102: self - 87
        default: nil
        }
    }
}
