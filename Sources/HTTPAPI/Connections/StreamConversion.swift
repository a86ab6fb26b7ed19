import NIOCore
import NIOHTTP1

/// Takes the HTTP machinery out of a connection that will carry nothing but one stream from now on.
enum StreamConversion {
    /// - Parameter context: the front door's.
    static func convert(_ context: ChannelHandlerContext, to stream: EventStream) {
        guard context.channel.isActive else { return stream.ended() }
        let pipeline = context.pipeline.syncOperations
        do {
            // In front of what was built for earlier requests that were not hot, if there were any.
            try pipeline.addHandler(stream, position: .after(context.handler))
            let gone = [
                pipeline.removeHandler(context: context),
                pipeline.removeHandler(context: try pipeline.context(handlerType: HTTPServerPipelineHandler.self)),
                pipeline.removeHandler(context: try pipeline.context(handlerType: HTTPResponseEncoder.self)),
                pipeline.removeHandler(
                    context: try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)),
            ]
            let channel = context.channel
            EventLoopFuture.andAllSucceed(gone, on: context.eventLoop).assumeIsolated().whenComplete { result in
                switch result {
                case .success where channel.isActive: stream.begin()
                default: abandon(channel, stream)
                }
            }
        } catch {
            abandon(context.channel, stream)
        }
    }

    private static func abandon(_ channel: any Channel, _ stream: EventStream) {
        stream.ended()
        channel.close(promise: nil)
    }
}
