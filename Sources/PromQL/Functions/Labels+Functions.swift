extension Function {
    static let labels = [
        Function(
            "info", [.vector, .vector], variadic: 1, isExperimental: true,
            "Adds the labels of information metrics (`target_info` unless the second argument names others) whose `instance` and `job` are the same; the second argument says which labels.",
            .special(.info)),
        Function(
            "label_join", [.vector, .string, .string, .string], variadic: -1,
            "Sets the label of the second argument to the values of the labels from the fourth argument on, joined by the third.",
            .special(.labelJoin)),
        Function(
            "label_replace", [.vector, .string, .string, .string, .string],
            "Where the regular expression of the fifth argument matches the label of the fourth: sets the label of the second argument to the third, in which `$1` or `${name}` stand for groups.",
            .special(.labelReplace)),
    ]

    static let sorting = [
        Function(
            "sort", [.vector], "The elements by value, rising; NaN comes last, histograms vanish.",
            .special(.sort(isDescending: false))),
        Function(
            "sort_desc", [.vector], "The elements by value, falling; NaN comes last, histograms vanish.",
            .special(.sort(isDescending: true))),
        Function(
            "sort_by_label", [.vector, .string], variadic: -1, isExperimental: true,
            "The elements by the values of labels in their natural order (2 before 10).",
            .special(.sortByLabel(isDescending: false))),
        Function(
            "sort_by_label_desc", [.vector, .string], variadic: -1, isExperimental: true,
            "The elements by the values of labels in their natural order, falling.",
            .special(.sortByLabel(isDescending: true))),
    ]
}
