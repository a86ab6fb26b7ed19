import Glibc

/// An open file descriptor; closed with the last reference.
public final class Descriptor: Sendable {
    public let number: Int32

    /// Takes ownership.
    public init(_ number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }
}
