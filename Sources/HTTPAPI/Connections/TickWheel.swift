/// Something that wants to be rung after a number of seconds, again and again. Confined to one event loop.
protocol WheelEntry: AnyObject {
    /// Where it hangs; kept by the wheel only.
    var wheelPlace: WheelPlace? { get set }

    /// Its time has come. Returns after how many seconds it wants to be rung again, or `nil` for never.
    func ring(tick: Int) -> Int?
}

/// A slot of a wheel, and the place in that slot.
struct WheelPlace {
    var slot: Int
    var index: Int
}

/// Timers in whole seconds: one for all connections of an event loop, so that none needs a task or timer of its own.
///
/// Adding, removing and ringing cost a few nanoseconds each. A wait longer than the wheel is rung early, which is
/// harmless: whoever is rung looks whether its time has really come.
struct TickWheel {
    static let size = 64
    private var slots: [[any WheelEntry]] = Array(repeating: [], count: TickWheel.size)
    private(set) var tick = 0
    private(set) var count = 0

    /// Hangs an entry up to be rung in `seconds`; one that hangs already is moved.
    mutating func add(_ entry: any WheelEntry, in seconds: Int) {
        remove(entry)
        let slot = (tick + min(max(seconds, 1), TickWheel.size - 1)) % TickWheel.size
        entry.wheelPlace = WheelPlace(slot: slot, index: slots[slot].count)
        slots[slot].append(entry)
        count += 1
    }

    mutating func remove(_ entry: any WheelEntry) {
        guard let place = entry.wheelPlace else { return }
        entry.wheelPlace = nil
        count -= 1
        let last = slots[place.slot].removeLast()
        if last !== entry {
            slots[place.slot][place.index] = last
            last.wheelPlace = place
        }
    }

    /// Moves on by a second and takes down everything whose time has come.
    mutating func advance() -> [any WheelEntry] {
        tick += 1
        let slot = tick % TickWheel.size
        let due = slots[slot]
        slots[slot] = []
        count -= due.count
        for entry in due { entry.wheelPlace = nil }
        return due
    }

    /// Everything that hangs, in no particular order.
    var entries: [any WheelEntry] { slots.flatMap { $0 } }
}
