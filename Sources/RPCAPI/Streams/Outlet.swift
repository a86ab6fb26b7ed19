/// What goes out on one stream: one message on its way, and at most one that waits, into which others are merged.
///
/// So a client that reads slowly, or not at all, costs no more memory than two messages, and gets the newest state when it
/// reads again.
struct Outlet<Item> {
    private var isSending = false
    private var waiting: Item?

    /// - Returns: What is to be sent now; `nil` when it waits.
    mutating func offer(_ item: Item, merge: (Item, Item) -> Item) -> Item? {
        guard isSending else {
            isSending = true
            return item
        }
        waiting = waiting.map { merge($0, item) } ?? item
        return nil
    }

    /// The message on its way has left.
    ///
    /// - Returns: What is to be sent next.
    mutating func sent() -> Item? {
        defer { waiting = nil }
        isSending = waiting != nil
        return waiting
    }

    var isBusy: Bool { isSending }
}
