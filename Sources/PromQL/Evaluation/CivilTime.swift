/// A time as date and clock in UTC (after Howard Hinnant's algorithms for the Gregorian calendar).
///
/// Days are counted from the first of January of a year far in the past, without a sign, so that every number of seconds has a date.
struct CivilTime {
    let year: Int
    let month: Int
    let day: Int
    let hour: Int
    let minute: Int
    let second: Int
    private let days: UInt64

    /// Days begin with this year, which is 1 but for whole cycles of 400 years.
    private static let firstYear = -292_277_022_399
    /// From there to 1970.
    private static let secondsBeforeEpoch: Int64 = 9_223_372_028_715_321_600

    /// - Parameter milliseconds: since the epoch.
    init(_ milliseconds: Int64) {
        self.init(seconds: milliseconds >= 0 ? milliseconds / 1000 : -((999 - milliseconds) / 1000))
    }

    /// The whole seconds of a number; of what is no number, or too large, the earliest time that there is.
    init(_ seconds: Double) {
        self.init(seconds: Int64(exactly: seconds.rounded(.towardZero)) ?? .min)
    }

    init(seconds: Int64) {
        let all = UInt64(bitPattern: seconds &+ CivilTime.secondsBeforeEpoch)
        days = all / 86400
        let inDay = Int(all % 86400)
        (hour, minute, second) = (inDay / 3600, inDay / 60 % 60, inDay % 60)
        // Eras of 400 years that begin on the first of March of a year 0.
        let shifted = days + 306
        let era = Int(shifted / 146_097)
        let dayOfEra = Int(shifted % 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + CivilTime.firstYear - 1 + (month <= 2 ? 1 : 0)
    }

    /// 0 is Sunday.
    var weekday: Int { Int((days + 1) % 7) }

    var isLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    var daysInMonth: Int {
        switch month {
        case 2: return isLeapYear ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }

    /// From 1.
    var dayOfYear: Int {
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
        return before + day + (isLeapYear && month > 2 ? 1 : 0)
    }

    /// `2026-11-23T13:00:00Z`
    var text: String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(day))T\(two(hour)):\(two(minute)):\(two(second))Z"
    }
}
