import NIOCore
import NIOHTTP2

/// One connection as the calls on it see it, whichever HTTP version it speaks. Confined to its event loop.
protocol Door: AnyObject {
    var loop: RPCLoop { get }

    /// Sends the whole answer of a unary call. `body` has its envelope already, where the dialect has envelopes.
    func answer(_ call: Call, with body: ByteBuffer)
    /// Sends the head of an answer of any number of messages.
    func beginAnswer(_ call: Call)
    /// Sends one message, in its envelope, after `beginAnswer`.
    func send(_ message: ByteBuffer, on call: Call, sent: EventLoopPromise<Void>?)
    /// Ends the answer, begun or not, and forgets the call.
    func end(_ call: Call, with status: RPCStatus)
}

/// A request that no call can be made of.
enum Refused: Error {
    /// With an HTTP status and one more header.
    case http(Int, header: (String, String)?)
    case status(RPCStatus, Dialect)
}

extension Door {
    /// Makes a call of a request's headers, once the caller may make it.
    func makeCall(_ id: HTTP2StreamID, _ head: CallHead) throws(Refused) -> Call {
        guard head.isPost else { throw .http(405, header: ("allow", "POST")) }
        guard let dialect = head.dialect else { throw .http(415, header: ("accept-post", acceptedTypes)) }
        guard let method = loop.parts.methods.byPath[head.path] else {
            throw .status(loop.parts.methods.problem(path: head.path), dialect)
        }
        switch dialect.form {
        case .connectUnary where method.streams, .connectStream where !method.streams:
            throw .http(415, header: ("accept-post", acceptedTypes))
        default: break
        }
        do throws(RPCStatus) {
            let call = try Call(id: id, method: method, dialect: dialect, head: head)
            // Before anything of the body is kept. Only sync's requests may name their environment in the body.
            if method.needsEnvironment, !method.isSync {
                call.feed = try loop.admit(head, selector: head.selector)
            }
            return call
        } catch {
            throw .status(error, dialect)
        }
    }

    private var acceptedTypes: String {
        "application/grpc, application/grpc-web+proto, application/proto, application/json, application/connect+proto, "
            + "application/connect+json"
    }

    /// Takes a piece of a request's body.
    func receive(_ bytes: ByteBuffer, on call: Call) {
        guard call.stage != .ended else { return }
        do throws(RPCStatus) {
            try call.receive(bytes)
            guard call.dialect.isEnveloped else { return }
            while call.stage != .ended, let message = try call.nextMessage() {
                if call.method.work == .reflection {
                    try loop.reflect(message, call, self)
                } else if call.message == nil {
                    call.message = message
                } else {
                    throw .tooManyMessages
                }
            }
        } catch {
            end(call, with: error)
        }
    }

    /// The client has said everything.
    func receiveEnd(of call: Call) {
        call.isRequestComplete = true
        guard call.stage != .ended else { return }
        do throws(RPCStatus) {
            if call.method.work == .reflection {
                guard call.reader.waitingBytes == 0 else { throw .noMessage }
                if call.stage == .receiving { beginAnswer(call) }
                return end(call, with: .ok)
            }
            let message = try call.onlyMessage()
            call.message = nil
            if call.method.streams {
                try loop.open(call, message, at: self)
            } else {
                answer(call, with: try loop.answer(call, message))
            }
        } catch {
            end(call, with: error)
        }
    }

    /// Lets go of what a call holds, after its last word or its connection's end.
    func release(_ call: Call) {
        call.stage = .ended
        call.timer?.cancel()
        call.timer = nil
        call.message = nil
        call.reader = EnvelopeReader()
        call.stream?.ended()
        call.stream = nil
    }
}

extension RPCLoop {
    /// Sees to it that a call ends in time; for those that the bytes at hand did not finish.
    func setTimer(_ call: Call, at door: any Door) {
        guard call.stage != .ended, call.timer == nil else { return }
        let isEndless = call.stage == .streaming || call.method.work == .reflection
        guard let delay = call.timeout ?? (isEndless ? nil : Limits.request) else { return }
        let bound = NIOLoopBound((door, call), eventLoop: eventLoop)
        call.timer = eventLoop.scheduleTask(in: delay) {
            let (door, call) = bound.value
            door.end(call, with: .deadlineExceeded)
        }
    }
}
