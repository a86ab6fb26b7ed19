extension Function {
    private static func date(
        _ name: String, _ summary: String, _ part: @escaping @Sendable (CivilTime) -> Int
    ) -> Function {
        Function(
            name, [.vector], variadic: 1,
            summary
                + " of every number, which is a time in seconds since 1970 (UTC); of the time of evaluation without an argument.",
            .ofTime { Double(part($0)) })
    }

    static let dates = [
        date("day_of_month", "The day of the month (1 to 31)") { $0.day },
        date("day_of_week", "The day of the week (0 is Sunday)") { $0.weekday },
        date("day_of_year", "The day of the year (1 to 366)") { $0.dayOfYear },
        date("days_in_month", "The number of days of the month (28 to 31)") { $0.daysInMonth },
        date("hour", "The hour (0 to 23)") { $0.hour },
        date("minute", "The minute (0 to 59)") { $0.minute },
        date("month", "The month (1 to 12)") { $0.month },
        date("year", "The year") { $0.year },
    ]
}
