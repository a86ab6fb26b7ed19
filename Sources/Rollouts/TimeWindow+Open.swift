import Specs
import Values

extension TimeWindow {
    /// Whether the window is open. A zone whose offset is not given counts as closed: it fails safe.
    func isOpen(at now: Timestamp, zoneOffsets: [String: Int]) -> Bool {
        guard let offset = zone == "UTC" ? 0 : zoneOffsets[zone] else { return false }
        let local = now.milliseconds / 1000 + Int64(offset)
        let day = local / 86_400
        let minute = Int(local % 86_400 / 60)
        let weekday = CivilDate(daysSinceEpoch: day).weekday
        let yesterday = (weekday + 6) % 7
        if until > from { return includes(weekday) && minute >= from && minute < until }
        return includes(weekday) && minute >= from || includes(yesterday) && minute < until
    }

    private func includes(_ weekday: Int) -> Bool { days.isEmpty || days.contains(weekday) }
}

extension TimeWindow {
    private static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// For example `mon,tue 09:00-17:00 Europe/Zurich`.
    var description: String {
        let names = days.sorted().map { TimeWindow.dayNames[$0 % 7] }.joined(separator: ",")
        return [names, "\(clock(from))-\(clock(until))", zone].filter { !$0.isEmpty }.joined(separator: " ")
    }

    private func clock(_ minutes: Int) -> String {
        let (hour, minute) = (minutes / 60, minutes % 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}
