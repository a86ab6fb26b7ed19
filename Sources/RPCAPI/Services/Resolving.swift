import Documents
import Flags
import NIOCore
import Ports

extension RPCMethod.Wanted {
    var kind: FlagKind {
        switch self {
        case .boolean: .boolean
        case .string: .string
        case .float: .double
        case .int: .integer
        case .object: .object
        }
    }
}

extension RPCStatus {
    /// INTERNAL for general errors, although flagd says UNKNOWN: clients repeat a call that ended so, and wait for nothing.
    init(_ code: FlagErrorCode, flag: String) {
        switch code {
        case .flagNotFound: self.init(.notFound, "there is no flag '\(flag.prefix(200))'")
        case .parseError: self.init(.dataLoss, "the targeting of '\(flag)' cannot be evaluated")
        case .typeMismatch: self.init(.invalidArgument, "'\(flag)' is a flag of another type")
        case .targetingKeyMissing, .invalidContext:
            self.init(.invalidArgument, "the evaluation context is not one that '\(flag)' can be evaluated in")
        case .providerNotReady: self.init(.unavailable, "the flags are not loaded yet")
        case .providerFatal, .general:
            self.init(.internal, "'\(flag)' cannot be evaluated")
        }
    }
}

extension RPCLoop {
    /// Answers a question about one flag that came as protobuf: no tree, and no copy of what is in the snapshot.
    func resolve(
        _ wanted: RPCMethod.Wanted, _ generation: RPCMethod.Generation, _ message: ByteBuffer, _ feed: any FlagFeed,
        into answer: inout ByteBuffer
    ) throws(RPCStatus) {
        try message.withRawBytes { (bytes) throws(RPCStatus) in
            let request: ResolveRequest
            do throws(ProtoProblem) { request = try ResolveRequest(bytes) } catch { throw RPCStatus(error) }
            try feed.cell.read { (snapshot) throws(RPCStatus) in
                guard let flag = snapshot.index(of: request.key) else {
                    throw RPCStatus(.flagNotFound, flag: String(decoding: request.key, as: UTF8.self))
                }
                try bind(request.context, snapshot)
                let resolution = try resolution(of: flag, wanted, generation, snapshot, feed)
                parts(feed, snapshot).with(flag) { parts in
                    answer.append(parts, resolution, wanted.kind, snapshot.value(flag, max(0, resolution.variant)))
                }
            }
        }
    }

    /// Evaluates a flag in `context`, and counts the answer.
    func resolution(
        of flag: Int32, _ wanted: RPCMethod.Wanted, _ generation: RPCMethod.Generation,
        _ snapshot: borrowing FlagSnapshot, _ feed: any FlagFeed
    ) throws(RPCStatus) -> Resolution {
        let resolution = snapshot.evaluate(flag, in: &context, at: parts.clock())
        if let error = resolution.error {
            if error == .general {
                throw RPCStatus(
                    .internal, "'\(snapshot.key(flag))' cannot be evaluated: \(snapshot.details(of: error, flag))")
            }
            throw RPCStatus(error, flag: snapshot.key(flag))
        }
        if resolution.variant >= 0 {
            guard snapshot.fits(wanted.kind, flag, resolution.variant) else {
                throw RPCStatus(.typeMismatch, flag: snapshot.key(flag))
            }
            if wanted == .object, case .list = snapshot.value(flag, resolution.variant) {
                throw RPCStatus(.invalidArgument, "'\(snapshot.key(flag))' is a list, which this protocol cannot carry")
            }
        }
        feed.count(flag: flag, variant: resolution.variant, of: snapshot)
        // The older messages cannot say that there is no value: false, 0 or "" would be taken for one.
        if resolution.variant < 0, resolution.reason == .default, generation != .v2 {
            throw RPCStatus(
                .notFound, "'\(snapshot.key(flag))' has no default variant: the caller's own default counts")
        }
        return resolution
    }

    /// Makes `context` ready from a struct's bytes.
    func bind(_ message: UnsafeRawBufferPointer?, _ snapshot: borrowing FlagSnapshot) throws(RPCStatus) {
        do throws(ProtoProblem) { try json.write(message) } catch { throw RPCStatus(error) }
        try bind(json.text, snapshot)
    }

    /// Makes `context` ready from JSON.
    func bind(_ json: [UInt8], _ snapshot: borrowing FlagSnapshot) throws(RPCStatus) {
        var problem: ContextProblem?
        // A throwing closure would lose the error's type.
        json.withUnsafeBytes { bytes in
            do throws(ContextProblem) { try snapshot.bind(json: bytes, into: &context) } catch { problem = error }
        }
        if let problem {
            throw RPCStatus(.invalidArgument, "the evaluation context cannot be used: \(problem.message)")
        }
    }

    /// The encoded parts of the newest snapshot.
    func parts(_ feed: any FlagFeed, _ snapshot: borrowing FlagSnapshot) -> AnswerParts {
        if let parts = answers[ObjectIdentifier(feed)]?.parts, parts.snapshot === copy snapshot { return parts }
        let parts = AnswerParts(copy snapshot)
        // An environment that was deleted leaves nothing behind.
        if answers[ObjectIdentifier(feed)] == nil { answers = answers.filter { $0.value.feed != nil } }
        answers[ObjectIdentifier(feed)] = KnownAnswers(feed: feed, parts: parts)
        return parts
    }
}

extension ByteBuffer {
    /// Calls `body` with the readable bytes; unlike NIO's own, with its typed error.
    func withRawBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws(RPCStatus) -> Result
    ) throws(RPCStatus) -> Result {
        let result: Swift.Result<Result, RPCStatus> = withUnsafeReadableBytes { bytes in
            do throws(RPCStatus) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Appends a resolve method's answer: value 1, reason 2, variant 3, metadata 4.
    fileprivate mutating func append(
        _ parts: borrowing AnswerParts.Flag, _ resolution: Resolution, _ wanted: FlagKind,
        _ value: @autoclosure () -> FlagValue
    ) {
        if resolution.variant >= 0 {
            let variant = parts.variants[Int(resolution.variant)]
            writeBytes(variant.kind == wanted ? variant.value : AnswerParts.field(converted(value(), wanted)))
            writeBytes(AnswerParts.reasons[Int(resolution.reason.rawValue)])
            writeBytes(variant.name)
        } else {
            writeBytes(AnswerParts.reasons[Int(resolution.reason.rawValue)])
        }
        writeBytes(parts.metadata)
    }
}

/// A number as the kind of number that was asked for; it has been seen to fit.
func converted(_ value: FlagValue, _ wanted: FlagKind) -> FlagValue {
    switch (value, wanted) {
    case (.integer(let number), .double): .number(Double(number))
    case (.number(let number), .integer): Int64(exactly: number).map { .integer($0) } ?? value
    default: value
    }
}
