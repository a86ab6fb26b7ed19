import NIOCore
import NIOHTTP1
import Wire

/// The first to see every request of a connection.
///
/// Hot routes are answered here, on the event loop. For anything else the connection is handed to Hummingbird, whose
/// machinery for it is built with the first such request: a connection that never makes one never pays for it.
/// The pipelining handler in front lets the next request through only after the answer to the one before.
final class FrontDoor: ChannelDuplexHandler, RemovableChannelHandler, WheelEntry, ClosableConnection {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        case collecting(any HotExchange)
        /// The request is complete, and its answer is made off the event loop.
        case waiting(HotWork)
        /// Hummingbird has the request.
        case cold
        /// The answer was final; what still comes in is read and dropped, so that the client can read the answer.
        case lingering
        case becomingStream(EventStream)
        case closed
    }

    let loop: LoopState
    let hall: Hall
    private var state = State.idle
    private var context: ChannelHandlerContext?
    private var isColdReady = false
    /// Whether the request has been read to its end, and whether its answer has begun.
    private var requestEnded = true
    private var answerBegan = false
    private var closesAfterAnswer = false
    /// The request's body may trickle in for hours.
    private var isPatient = false
    /// The tick at which the connection is closed unless something happens; `nil` while it may take as long as it likes.
    private var deadline: Int?
    private var stuckSince: Int?
    var wheelPlace: WheelPlace?

    init(loop: LoopState, hall: Hall) {
        self.loop = loop
        self.hall = hall
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let bytes): body(bytes, data, context)
        case .end:
            requestEnded = true
            end(data, context)
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard case .idle = state else { return }
        requestEnded = false
        answerBegan = false
        // After an upgrade request the decoder reads nothing more, so the connection cannot be used again.
        closesAfterAnswer =
            !head.isKeepAlive || loop.isClosing || head.headers.contains(name: "upgrade")
            || head.method == .CONNECT
        deadline = loop.tick + Limits.bodySeconds
        if let request = hotExchange(head) {
            beginHot(request, context)
        } else {
            state = .cold
            // An agent that sends a service's output may have nothing to send for hours.
            isPatient = head.uri.hasPrefix("/v1/agent/logs/")
            if isPatient { deadline = nil }
            // Hummingbird's machinery stays with a connection until its end, and takes more memory than all else of it.
            // Agents ask for such things now and then (to join, for an artefact) and stay connected for months.
            if head.headers.contains(name: "x-halcyon-agent") { closesAfterAnswer = true }
            passOn(.head(head), context)
        }
    }

    private func hotExchange(_ head: HTTPRequestHead) -> (any HotExchange)? {
        if let route = HotRoute(head) { return HotRequest(route: route, head: head) }
        if hall.metrics != nil, let route = MetricsRoute(head.uri) { return MetricsRequest(route: route, head: head) }
        return hall.desk == nil ? nil : FlagRequest(head)
    }

    private func body(_ bytes: ByteBuffer, _ data: NIOAny, _ context: ChannelHandlerContext) {
        if deadline != nil { deadline = loop.tick + Limits.bodySeconds }
        switch state {
        case .collecting(let request):
            do throws(Refusal) {
                guard loop.bodyBytes + bytes.readableBytes <= LoopState.bodyBudget else { throw HotRequest.overloaded }
                let before = request.bodyBytes
                try request.append(bytes, hall)
                loop.bodyBytes += request.bodyBytes - before
            } catch {
                refuse(error, context, route: request.label)
            }
        case .cold: context.fireChannelRead(data)
        default: break
        }
    }

    private func end(_ data: NIOAny, _ context: ChannelHandlerContext) {
        switch state {
        case .collecting(let request):
            release(request)
            state = .idle
            finishHot(request, context)
        case .cold:
            // The answer may take its time; what the client must not do is stop reading it.
            deadline = nil
            context.fireChannelRead(data)
        default: break
        }
    }

    // MARK: Hot requests

    private func beginHot(_ request: any HotExchange, _ context: ChannelHandlerContext) {
        do throws(Refusal) {
            try request.admit(hall, isTLS: hall.isTLS, address: RemoteAddress(context.remoteAddress))
        } catch {
            return refuse(error, context, route: request.label)
        }
        state = .collecting(request)
        if request.expectsContinue {
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        }
    }

    private func finishHot(_ request: any HotExchange, _ context: ChannelHandlerContext) {
        do throws(Refusal) {
            switch try request.finish(hall, loop) {
            case .plain(let status, let headers, let body):
                answer(status: status, headers: headers, body: body, context)
                hall.counters.countRequest(route: request.label, status: Int(status.code))
            case .later(let work): awaitReply(work, route: request.label, context)
            case .stream(let headers, let attach):
                let stream = EventStream(loop: loop)
                try attach(stream)
                hall.counters.countRequest(route: request.label, status: 200)
                begin(stream, headers, context)
            }
        } catch {
            refuse(error, context, route: request.label)
        }
    }

    private func awaitReply(_ work: HotWork, route: String, _ context: ChannelHandlerContext) {
        state = .waiting(work)
        // The answer may take its time.
        deadline = nil
        let loopBound = context.loopBound
        work.reply.assumeIsolated().whenComplete { result in
            // The connection may have ended meanwhile.
            guard case .waiting = self.state else { return }
            let reply: HotReply
            switch result {
            case .success(let made): reply = made
            case .failure: reply = .failure(503, "unavailable", "the server is ending")
            }
            self.state = .idle
            self.answer(status: reply.status, headers: reply.headers, body: reply.body, loopBound.value)
            self.hall.counters.countRequest(route: route, status: Int(reply.status.code))
        }
    }

    private func release(_ request: any HotExchange) {
        loop.bodyBytes -= request.bodyBytes
    }

    private func begin(_ stream: EventStream, _ headers: HTTPHeaders, _ context: ChannelHandlerContext) {
        state = .becomingStream(stream)
        var headers = headers
        headers.add(contentsOf: [
            ("content-type", "text/event-stream"), ("cache-control", "no-store"), ("transfer-encoding", "chunked"),
            ("x-accel-buffering", "no"),
        ])
        addCommonHeaders(&headers)
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        let loopBound = context.loopBound
        // Not now: the decoder is in the middle of this very request.
        context.eventLoop.execute { StreamConversion.convert(loopBound.value, to: stream) }
    }

    // MARK: Answers

    /// Turns the request away; what the client still sends is not read into memory.
    private func refuse(_ refusal: Refusal, _ context: ChannelHandlerContext, route: String) {
        if case .collecting(let request) = state { release(request) }
        state = .idle
        if refusal.closes { closesAfterAnswer = true }
        var headers = HTTPHeaders([("content-type", "application/json")])
        for (name, value) in refusal.headers { headers.replaceOrAdd(name: name, value: value) }
        answer(
            status: HTTPResponseStatus(statusCode: refusal.status), headers: headers,
            body: refusal.body ?? ByteBuffer(bytes: JSONText.encode(refusal.problem)), context)
        hall.counters.countRequest(route: route, status: refusal.status)
    }

    private func answer(
        status: HTTPResponseStatus, headers: HTTPHeaders, body: ByteBuffer?, _ context: ChannelHandlerContext
    ) {
        var headers = headers
        if let body { headers.replaceOrAdd(name: "content-length", value: "\(body.readableBytes)") }
        pass(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)), context, nil)
        if let body { pass(.body(.byteBuffer(body)), context, nil) }
        pass(.end(nil), context, nil)
        context.flush()
    }

    /// What Hummingbird answers.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Its answer comes too late when the request turned out to be malformed or too slow meanwhile.
        guard case .cold = state else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        pass(unwrapOutboundIn(data), context, promise)
    }

    /// Every answer, hot or cold, goes out through here.
    private func pass(
        _ part: HTTPServerResponsePart, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        switch part {
        case .head(var head):
            if (100..<200).contains(head.status.code) {
                return context.write(wrapOutboundOut(part), promise: promise)
            }
            answerBegan = true
            // An answer before the end of the request: the rest of it is not worth reading.
            if !requestEnded || loop.isClosing || head.headers.first(name: "connection") == "close" {
                closesAfterAnswer = true
            }
            if closesAfterAnswer { head.headers.replaceOrAdd(name: "connection", value: "close") }
            addCommonHeaders(&head.headers)
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(wrapOutboundOut(part), promise: promise)
        case .end:
            answerBegan = false
            if closesAfterAnswer { return linger(part, context, promise) }
            state = .idle
            deadline = loop.tick + Limits.idleSeconds
            context.write(wrapOutboundOut(part), promise: promise)
        }
    }

    /// Closes so that the client can still read the answer: closing at once, with unread input, would reset it away.
    private func linger(
        _ part: HTTPServerResponsePart, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        let waitsForClient = !requestEnded
        state = .lingering
        deadline = loop.tick + Limits.lingerSeconds
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        let loopBound = context.loopBound
        written.futureResult.assumeIsolated().whenComplete { _ in
            loopBound.value.close(mode: waitsForClient ? .output : .all, promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(part), promise: written)
    }

    private func addCommonHeaders(_ headers: inout HTTPHeaders) {
        headers.replaceOrAdd(name: "date", value: loop.date)
        for (name, value) in hall.securityHeaders where !headers.contains(name: name) {
            headers.add(name: name, value: value)
        }
    }

    // MARK: Cold requests

    private func passOn(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        if !isColdReady {
            isColdReady = true
            do {
                try hall.welcome(context.channel)
            } catch {
                return context.close(promise: nil)
            }
        }
        context.fireChannelRead(wrapInboundOut(part))
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        deadline = loop.tick + Limits.headSeconds
        loop.hang(self, in: Limits.headSeconds)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        loop.takeDown(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .becomingStream(let stream) = state { stream.ended() }
        if case .collecting(let request) = state { release(request) }
        let ended = state
        state = .closed
        if case .waiting(let work) = ended { work.cancel() }
        loop.takeDown(self)
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stuckSince = context.channel.isWritable ? nil : loop.tick
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError, !answerBegan {
            switch state {
            case .idle, .collecting, .cold:
                closesAfterAnswer = true
                requestEnded = true
                return refuse(Refusal(parserError: error), context, route: "malformed")
            default: break
            }
        }
        context.close(promise: nil)
    }

    func ring(tick: Int) -> Int? {
        guard let context else { return nil }
        if let deadline, tick >= deadline {
            switch state {
            case .collecting, .cold:
                guard !answerBegan else { break }
                refuse(HotRequest.tooSlow, context, route: "slow")
                return Limits.lingerSeconds
            default: break
            }
            context.close(promise: nil)
            return nil
        }
        if let stuckSince, tick - stuckSince >= Limits.unreadAnswerSeconds {
            context.close(promise: nil)
            return nil
        }
        return min(max((deadline ?? tick + Limits.ringSeconds) - tick, 1), Limits.ringSeconds)
    }

    /// A request was answered in front of this handler.
    func wasAnswered() { deadline = loop.tick + Limits.idleSeconds }

    func beginClosing() {
        closesAfterAnswer = true
        switch state {
        case .idle: context?.close(promise: nil)
        case .becomingStream(let stream): stream.beginClosing()
        case .cold where isPatient: context?.close(promise: nil)
        default: break
        }
    }

    func closeNow() { context?.close(promise: nil) }
}
