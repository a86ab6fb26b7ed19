/// How long a client may take, in seconds, and how large its requests may be.
enum Limits {
    /// From the connection's beginning to the end of the first request's head.
    static let headSeconds = 15
    /// Without a byte of a body that is not complete yet.
    static let bodySeconds = 30
    /// Between two requests of a connection. Longer than agents wait between reports.
    static let idleSeconds = 75
    /// For a client to read the answer that ended the connection.
    static let lingerSeconds = 2
    /// Without reading anything of an answer.
    static let unreadAnswerSeconds = 120
    /// How often a connection without a deadline is looked at.
    static let ringSeconds = 30

    static let headerCount = 100
    static let headerFieldBytes = 16 << 10
    static let headerListBytes = 64 << 10

    static let jsonBytes = 1 << 20
    static let applyBytes = 8 << 20
    static let formBytes = 64 << 10
}
