import NIOCore

/// How large requests may be, and how long clients may take.
enum Limits {
    /// One message, packed or not: what other gRPC servers allow, too.
    static let messageBytes = 4 << 20
    /// Of all requests of a connection that are not complete yet.
    static let waitingBytes = 16 << 20
    /// Of a request that goes on after its answer.
    static let unheardBytes = 64 << 10
    static let headerListBytes = 16 << 10
    static let headerCount = 100
    /// Calls and streams at once, on one connection.
    static let concurrentStreams = 250
    /// Streams that may be reset by the client within `resetWindow`: many calls may reach their deadlines together.
    static let resets = 250
    static let resetWindow = TimeAmount.milliseconds(100)
    static let streamWindow = 256 << 10
    static let connectionWindow = 1 << 20
    /// Answers of a stream that its client does not read, where they cannot be merged into one.
    static let unreadMessages = 64

    /// From the connection's beginning to its first bytes.
    static let silence = TimeAmount.seconds(15)
    /// For a request to be complete.
    static let request = TimeAmount.seconds(30)
    /// A connection without calls. Longer than clients keep theirs for the next call.
    static let idle = TimeAmount.seconds(3600)
    /// Without reading anything of the answers.
    static let unread = TimeAmount.seconds(60)
    /// How often connections are looked at.
    static let watch = TimeAmount.seconds(5)
    /// Between signs of life on event streams, as flagd sends them.
    static let keepAlive = TimeAmount.seconds(20)
}
