extension Function {
    static let absence = [
        Function(
            "absent", [.vector],
            "1 when the vector is empty, with the labels that the selector's equality matchers name; else nothing.",
            .special(.absent)),
        Function(
            "absent_over_time", [.matrix],
            "1 when no series has a sample in the range, with the labels that the selector's equality matchers name; else nothing.",
            .special(.absentOverTime)),
    ]

    static let conversions = [
        Function(
            "scalar", [.vector], returns: .scalar,
            "The number of the only element with a number; NaN when there is none or more than one.",
            .special(.scalar)),
        Function("vector", [.scalar], "The scalar as an element without labels.", .special(.vector)),
        Function(
            "time", [], returns: .scalar, "The time of evaluation in seconds since 1970 (UTC).", .special(.time)),
        Function(
            "timestamp", [.vector], "When every sample was taken, in seconds since 1970 (UTC).",
            .special(.timestamp)),
        Function(
            "start_timestamp", [.vector], isExperimental: true,
            "When the counter of every sample started, in seconds since 1970 (UTC); 0 where that is unknown. Only a selector knows it.",
            .special(.startTimestamp)),
    ]

    static let queryTimes = [
        Function(
            "end", [], returns: .scalar, isExperimental: true, "When the query ends, in seconds since 1970 (UTC).",
            .special(.queryContext)),
        Function(
            "range", [], returns: .scalar, isExperimental: true,
            "How long the stretch of time of the query is, in seconds; 0 for an instant query.",
            .special(.queryContext)),
        Function(
            "start", [], returns: .scalar, isExperimental: true, "When the query begins, in seconds since 1970 (UTC).",
            .special(.queryContext)),
        Function(
            "step", [], returns: .scalar, isExperimental: true,
            "The step of the query in seconds; 0 for an instant query.", .special(.queryContext)),
    ]
}
