import NIOCore
import Ports
import Synchronization

/// A connection that has become a stream of server-sent events, and the sink that writes to it.
///
/// Its pipeline holds nothing but this handler (and TLS): the HTTP coders are gone, frames are written as they are.
/// `@unchecked Sendable`: `isOpen` and `posted` are atomic, all else is touched only on the event loop.
final class EventStream: ChannelInboundHandler, AgentSink, WheelEntry, ClosableConnection, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Message {
        case frame(ByteBuffer)
        /// A frame that is not needed any more once there is a newer one of the same subject.
        case view(String, ByteBuffer)
        case close
        case farewell
    }

    /// A client that reads so slowly that this much waits for it is cut off.
    static let maximumBacklog = 1 << 20
    static let keepAliveSeconds = 15

    private let loop: LoopState
    private let isOpen = Atomic(true)
    /// Bytes on their way through the letter box.
    private let posted = Atomic(0)

    /// Set once the pipeline is ready.
    private var context: ChannelHandlerContext?
    private var ownContext: ChannelHandlerContext?
    /// What was sent before the pipeline was ready.
    private var early: [ByteBuffer] = []
    /// What waits until the client has read what it got.
    private var held = HeldFrames()
    private var isDirty = false
    /// What the channel says of itself, kept here because a broadcast asks it of thousands.
    private var isWritable = true
    private var isEnding = false
    /// What the client had not read when the stream was looked at last, in bytes; 0 when it keeps up.
    private var unread = 0
    private var onEnd: ((EventStream) -> Void)?
    /// Whether the client may still listen; `nil` when nothing can change that.
    private var mayStay: (() -> Bool)?
    var wheelPlace: WheelPlace?

    init(loop: LoopState) {
        self.loop = loop
    }

    // MARK: From any thread

    @discardableResult
    func send(event: StaticString, data: [UInt8]) -> Bool {
        send(loop.frames.frame(event, data: data))
    }

    @discardableResult
    func send(_ frame: ByteBuffer, replacing subject: String? = nil) -> Bool {
        guard isOpen.load(ordering: .relaxed) else { return false }
        let waiting = posted.add(frame.readableBytes, ordering: .relaxed).newValue
        // One large frame may come while another is still on its way.
        if waiting > 4 * EventStream.maximumBacklog, waiting > 2 * frame.readableBytes {
            close()
            return false
        }
        loop.post(subject.map { .view($0, frame) } ?? .frame(frame), to: self)
        return true
    }

    func close() {
        if isOpen.exchange(false, ordering: .relaxed) { loop.post(.close, to: self) }
    }

    // MARK: On the event loop

    /// The pipeline is ready for frames.
    func begin() {
        guard let ownContext, ownContext.channel.isActive else { return ended() }
        context = ownContext
        isWritable = ownContext.channel.isWritable
        // Streams that open together, after a restart, shall not all be written to in the same second for ever.
        loop.hang(self, in: Int.random(in: 1...EventStream.keepAliveSeconds))
        let wasEnded = isEnding
        isEnding = false
        for frame in early { write(frame) }
        early = []
        writeHeld()
        flush()
        if wasEnded {
            finish(with: StreamFrame.end)
        } else if loop.isClosing {
            beginClosing()
        }
    }

    /// Sets what is done, once, when the stream has ended for whatever reason.
    func whenEnded(_ action: @escaping (EventStream) -> Void) {
        onEnd = action
    }

    /// Sets what is asked with every sign of life: a stream ends soon after its token was revoked.
    func stays(while condition: (() -> Bool)?) {
        mayStay = condition
    }

    func take(_ message: Message) {
        switch message {
        case .frame(let frame):
            posted.subtract(frame.readableBytes, ordering: .relaxed)
            write(frame)
        case .view(let subject, let frame):
            posted.subtract(frame.readableBytes, ordering: .relaxed)
            write(frame, of: subject)
        case .close: finish(with: StreamFrame.end)
        case .farewell: finish(with: StreamFrame.farewell)
        }
    }

    func flush() {
        guard isDirty else { return }
        isDirty = false
        context?.flush()
    }

    /// The connection went away, or never became a stream.
    func ended() {
        isOpen.store(false, ordering: .relaxed)
        loop.takeDown(self)
        early = []
        held = HeldFrames()
        context = nil
        mayStay = nil
        let action = onEnd
        onEnd = nil
        action?(self)
    }

    /// To a client that does not keep up only the newest of each subject is sent, once it reads again.
    private func write(_ frame: ByteBuffer, of subject: String) {
        guard !isEnding else { return }
        if context != nil, isWritable, held.isEmpty { return write(frame) }
        guard isOpen.load(ordering: .relaxed) else { return }
        held.put(frame, of: subject)
        guard held.bytes > EventStream.maximumBacklog, held.count > 1 else { return }
        isOpen.store(false, ordering: .relaxed)
        context?.close(promise: nil)
    }

    private func writeHeld() {
        while context != nil, isWritable, let frame = held.takeFirst() { write(frame) }
    }

    private func write(_ frame: ByteBuffer) {
        guard !isEnding else { return }
        guard let context else {
            if isOpen.load(ordering: .relaxed) { early.append(frame) }
            return
        }
        if !isWritable, backlog(of: context) > EventStream.maximumBacklog {
            isOpen.store(false, ordering: .relaxed)
            context.close(promise: nil)
            return
        }
        isDirty = true
        context.write(wrapOutboundOut(frame), promise: nil)
    }

    private func backlog(of context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    private func finish(with frame: ByteBuffer) {
        isOpen.store(false, ordering: .relaxed)
        guard !isEnding else { return }
        isEnding = true
        guard let context else { return }
        isDirty = false
        let loopBound = context.loopBound
        context.writeAndFlush(wrapOutboundOut(frame)).assumeIsolated().whenComplete { _ in
            loopBound.value.close(promise: nil)
        }
        // A client that does not read must not keep the connection open.
        loop.hang(self, in: 5)
    }

    // MARK: WheelEntry, ClosableConnection

    func ring(tick: Int) -> Int? {
        if isEnding {
            context?.close(promise: nil)
            return nil
        }
        if let mayStay, !mayStay() {
            finish(with: StreamFrame.end)
            return nil
        }
        guard isWritable, let context else { return look() }
        unread = 0
        write(StreamFrame.keepAlive)
        flush()
        return context.channel.isActive ? EventStream.keepAliveSeconds : nil
    }

    /// To who still reads a large frame no sign of life is needed; who has read nothing of it since the last look is cut off.
    private func look() -> Int? {
        guard let context else { return nil }
        let backlog = backlog(of: context)
        if backlog > EventStream.maximumBacklog, backlog == unread {
            isOpen.store(false, ordering: .relaxed)
            context.close(promise: nil)
            return nil
        }
        unread = backlog
        return EventStream.keepAliveSeconds
    }

    func beginClosing() { finish(with: StreamFrame.farewell) }

    func closeNow() { ownContext?.close(promise: nil) }

    // MARK: ChannelInboundHandler

    func handlerAdded(context: ChannelHandlerContext) {
        ownContext = context
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // A client has nothing more to say on this connection.
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        writeHeld()
        flush()
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        ownContext = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
