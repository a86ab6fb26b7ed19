/// What a receiver's answer to samples means for them.
public enum SendAnswer: Hashable, Sendable {
    case delivered
    /// Not now: the same is to be sent again.
    case later
    /// Some of the samples are not wanted, or there are too many at once: never the same again.
    case refused

    /// By the status of HTTP.
    ///
    /// What speaks of the sender rather than of the samples (a token that has run out, a wrong path, a redirect) is no reason to
    /// lose them: somebody will put it right.
    public init(status: Int) {
        switch status {
        case 200..<300: self = .delivered
        case 401, 403, 404, 405, 407, 408, 425, 429: self = .later
        case 400..<500: self = .refused
        default: self = .later
        }
    }
}
