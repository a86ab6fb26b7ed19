import NIOCore
import NIOHPACK
import NIOHTTP2

/// A connection that speaks HTTP/2: gRPC, gRPC-Web and Connect.
///
/// It works on the connection's frames. A channel for each stream, as libraries have it, costs half of a call's time.
final class HTTP2Door: ChannelDuplexHandler, Door, RPCConnection {
    typealias InboundIn = HTTP2Frame
    typealias OutboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    let loop: RPCLoop
    private var context: ChannelHandlerContext?
    private var calls: [HTTP2StreamID: Call] = [:]
    /// Those that began in the bytes at hand: most end in them, and need no timer.
    private var fresh: [Call] = []
    private var lastStream = HTTP2StreamID.rootStream
    /// Streams that are answered while their clients still talk, with how many bytes were dropped since.
    private var unheard: [HTTP2StreamID: Int] = [:]
    private var waitingBytes = 0
    private var isClosing = false
    /// Whether bytes are at hand whose answers are flushed together.
    private var isReading = false
    private var heldRead = false
    private var quietSince: NIODeadline
    private var stuckSince: NIODeadline?

    init(loop: RPCLoop) {
        self.loop = loop
        quietSince = loop.now
    }

    // MARK: What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .data(let data):
            guard let call = calls[frame.streamID] else { return drop(data, frame.streamID, context) }
            if case .byteBuffer(let bytes) = data.data, bytes.readableBytes > 0 { take(bytes, call) }
            if data.endStream { receiveEnd(of: call) }
        case .headers(let headers):
            if let call = calls[frame.streamID] {
                if headers.endStream { receiveEnd(of: call) }
            } else if unheard.removeValue(forKey: frame.streamID) == nil {
                begin(frame.streamID, headers)
            }
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        for call in fresh { loop.setTimer(call, at: self) }
        fresh.removeAll(keepingCapacity: true)
        isReading = false
        context.flush()
        if calls.isEmpty { quietSince = loop.now }
        context.fireChannelReadComplete()
    }

    private func begin(_ id: HTTP2StreamID, _ headers: HTTP2Frame.FramePayload.Headers) {
        lastStream = max(lastStream, id)
        var head = CallHead()
        for (name, value, _) in headers.headers { head.take(name, value) }
        do throws(Refused) {
            let call = try makeCall(id, head)
            calls[id] = call
            fresh.append(call)
            if headers.endStream { receiveEnd(of: call) }
        } catch {
            refuse(error, id, isComplete: headers.endStream)
        }
    }

    private func take(_ bytes: ByteBuffer, _ call: Call) {
        receive(bytes, on: call)
        count(call)
        if waitingBytes > Limits.waitingBytes, call.stage != .ended {
            end(call, with: .tooLarge("what waits of all requests of the connection", limit: Limits.waitingBytes))
        }
    }

    /// A request that was answered before its end: a little more of it is let through, so that clients that do not expect an early
    /// answer are not confused; what is long is cut off.
    private func drop(_ data: HTTP2Frame.FramePayload.Data, _ id: HTTP2StreamID, _ context: ChannelHandlerContext) {
        guard let heard = unheard[id] else { return }
        if data.endStream {
            unheard[id] = nil
        } else if heard + data.data.readableBytes > Limits.unheardBytes {
            unheard[id] = nil
            reset(id, context)
        } else {
            unheard[id] = heard + data.data.readableBytes
        }
    }

    private func count(_ call: Call) {
        waitingBytes += call.waitingBytes - call.countedBytes
        call.countedBytes = call.waitingBytes
    }

    // MARK: What goes out

    func answer(_ call: Call, with body: ByteBuffer) {
        guard let context else { return }
        write(AnswerHeaders.begin(call), call.id, context)
        switch call.dialect.form {
        case .grpc:
            write(body, call.id, context)
            write(AnswerHeaders.wellTrailers, call.id, context, ends: true)
        case .grpcWeb:
            write(body, call.id, context)
            write(AnswerTail.web(.ok), call.id, context, ends: true)
        default: write(body, call.id, context, ends: true)
        }
        finish(call, context)
    }

    func beginAnswer(_ call: Call) {
        guard let context, call.stage == .receiving else { return }
        call.stage = .streaming
        write(AnswerHeaders.begin(call), call.id, context)
    }

    func send(_ message: ByteBuffer, on call: Call, sent: EventLoopPromise<Void>?) {
        guard let context else {
            sent?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        write(message, call.id, context, promise: sent)
        if !isReading { context.flush() }
    }

    func end(_ call: Call, with status: RPCStatus) {
        guard let context, call.stage != .ended else { return }
        let hasBegun = call.stage == .streaming
        switch call.dialect.form {
        case .grpc:
            write(AnswerHeaders.trailers(status, hasBegun: hasBegun), call.id, context, ends: true)
        case .grpcWeb, .connectStream:
            if !hasBegun { write(AnswerHeaders.begin(call), call.id, context) }
            write(AnswerTail.of(call.dialect, status), call.id, context, ends: true)
        case .connectUnary:
            write(AnswerHeaders.connectError(status), call.id, context)
            write(ByteBuffer(bytes: status.connectError), call.id, context, ends: true)
        }
        finish(call, context)
        if !isReading { context.flush() }
    }

    /// Forgets a call after its last word.
    private func finish(_ call: Call, _ context: ChannelHandlerContext) {
        if !call.isRequestComplete { unheard[call.id] = 0 }
        calls[call.id] = nil
        release(call)
        count(call)
        if isClosing, calls.isEmpty { closeSoon() }
    }

    private func reset(_ id: HTTP2StreamID, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: .rstStream(.noError))), promise: nil)
    }

    private func refuse(_ refused: Refused, _ id: HTTP2StreamID, isComplete: Bool) {
        guard let context else { return }
        switch refused {
        case .http(let status, let header):
            var headers = HPACKHeaders([(":status", String(status))])
            if let header { headers.add(name: header.0, value: header.1) }
            write(headers, id, context, ends: true)
        case .status(let status, let dialect):
            switch dialect.form {
            case .grpc: write(AnswerHeaders.trailers(status, hasBegun: false), id, context, ends: true)
            case .grpcWeb, .connectStream:
                write(AnswerHeaders.begin(dialect), id, context)
                write(AnswerTail.of(dialect, status), id, context, ends: true)
            case .connectUnary:
                write(AnswerHeaders.connectError(status), id, context)
                write(ByteBuffer(bytes: status.connectError), id, context, ends: true)
            }
        }
        if !isComplete { unheard[id] = 0 }
    }

    private func write(
        _ headers: HPACKHeaders, _ id: HTTP2StreamID, _ context: ChannelHandlerContext, ends: Bool = false
    ) {
        let frame = HTTP2Frame(streamID: id, payload: .headers(.init(headers: headers, endStream: ends)))
        context.write(wrapOutboundOut(frame), promise: nil)
    }

    private func write(
        _ bytes: ByteBuffer, _ id: HTTP2StreamID, _ context: ChannelHandlerContext, ends: Bool = false,
        promise: EventLoopPromise<Void>? = nil
    ) {
        let frame = HTTP2Frame(streamID: id, payload: .data(.init(data: .byteBuffer(bytes), endStream: ends)))
        context.write(wrapOutboundOut(frame), promise: promise)
    }

    // MARK: Flow control

    /// A client that does not read its answers is not read from, either.
    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { heldRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stuckSince = context.channel.isWritable ? nil : loop.now
        if context.channel.isWritable, heldRead {
            heldRead = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? NIOHTTP2WindowUpdatedEvent {
            widen(event, context)
        } else if !calls.isEmpty || !unheard.isEmpty, let event = event as? StreamClosedEvent {
            unheard[event.streamID] = nil
            guard let call = calls.removeValue(forKey: event.streamID) else { return }
            release(call)
            count(call)
            if isClosing, calls.isEmpty { closeSoon() }
        }
    }

    /// Opens a window again when half of it is used; the library says how much is left, also for frames it dropped.
    private func widen(_ event: NIOHTTP2WindowUpdatedEvent, _ context: ChannelHandlerContext) {
        guard let size = event.inboundWindowSize else { return }
        let isConnection = event.streamID == .rootStream
        let target = isConnection ? Limits.connectionWindow : Limits.streamWindow
        guard size <= target / 2, isConnection || calls[event.streamID] != nil else { return }
        let frame = HTTP2Frame(streamID: event.streamID, payload: .windowUpdate(windowSizeIncrement: target - size))
        context.write(wrapOutboundOut(frame), promise: nil)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        context = nil
        loop.remove(self)
        let left = calls.values
        calls = [:]
        for call in left { release(call) }
    }

    /// A stream's error ends the stream, which the library sees to; any other ends the connection, after its GOAWAY.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOHTTP2Errors.StreamError { return }
        context.close(promise: nil)
    }

    func look(at now: NIODeadline) {
        if let stuckSince, now - stuckSince > Limits.unread {
            context?.close(promise: nil)
        } else if calls.isEmpty, now - quietSince > Limits.idle {
            beginClosing()
        }
    }

    func beginClosing() {
        guard let context, !isClosing else { return }
        isClosing = true
        // The ends of streams first: some clients hear nothing after the farewell.
        for call in calls.values where call.stage == .streaming { end(call, with: .shuttingDown) }
        let frame = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: lastStream, errorCode: .noError, opaqueData: nil))
        context.write(wrapOutboundOut(frame), promise: nil)
        context.flush()
        if calls.isEmpty { closeSoon() }
    }

    /// The client gets a moment to read the farewell: closing at once, with unread input, would reset it away.
    private func closeSoon() {
        guard let context else { return }
        context.flush()
        let bound = context.loopBound
        context.eventLoop.scheduleTask(in: .milliseconds(200)) { bound.value.close(promise: nil) }
    }

    func closeNow() { context?.close(promise: nil) }
}
