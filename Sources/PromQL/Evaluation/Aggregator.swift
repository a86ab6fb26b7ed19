import Series
import Values

/// A way to make one value of several, or to choose some of them. One line in the table makes it known.
struct Aggregator: Sendable {
    /// The type of the first argument where there are two, as in `topk(5, x)`.
    var parameter: ValueType?
    /// True where the parameter is a count.
    var refusesNaN = false
    /// The elements of one group and the parameter give the group's elements. An element without labels gets the group's.
    var body: @Sendable (_ group: [Element], _ parameter: Double) -> [Element]

    /// An aggregation to one value.
    init(_ fold: @escaping @Sendable ([Double]) -> Double) {
        self.body = { group, _ in [Element(labels: [:], value: fold(group.map(\.value)))] }
    }

    init(
        parameter: ValueType, refusesNaN: Bool = false,
        body: @escaping @Sendable (_ group: [Element], _ parameter: Double) -> [Element]
    ) {
        self.parameter = parameter
        self.refusesNaN = refusesNaN
        self.body = body
    }

    static let table: [String: Aggregator] = [
        "sum": Aggregator(accurateSum),
        "avg": Aggregator(mean),
        "min": Aggregator(least),
        "max": Aggregator(greatest),
        "count": Aggregator { Double($0.count) },
        "group": Aggregator { _ in 1 },
        "stddev": Aggregator { variance($0).squareRoot() },
        "stdvar": Aggregator(variance),
        "quantile": Aggregator(parameter: .scalar) { group, parameter in
            [Element(labels: [:], value: PromQL.quantile(parameter, group.map(\.value)))]
        },
        "topk": Aggregator(parameter: .scalar, refusesNaN: true) { extremes($0, $1) { $0 > $1 } },
        "bottomk": Aggregator(parameter: .scalar, refusesNaN: true) { extremes($0, $1) { $0 < $1 } },
    ]

    /// The first `count` elements in an order in which NaN comes last.
    private static func extremes(
        _ group: [Element], _ count: Double, _ isBefore: (Double, Double) -> Bool
    ) -> [Element] {
        guard count >= 1 else { return [] }
        let sorted = group.sorted { one, other in
            one.value.isNaN ? false : other.value.isNaN || isBefore(one.value, other.value)
        }
        return Array(sorted.prefix(Int(min(count, Double(group.count)))))
    }
}

extension Evaluator {
    func value(
        of aggregation: Aggregation, at time: Timestamp, _ place: PromQLError.Place
    ) throws(PromQLError) -> [Element] {
        guard let aggregator = Aggregator.table[aggregation.name],
            case .vector(let elements) = try value(of: aggregation.operand, at: time)
        else { throw PromQLError("'\(aggregation.name)' aggregates an instant vector", at: place) }
        var parameter = Double.nan
        if let expression = aggregation.parameter, case .scalar(let number) = try value(of: expression, at: time) {
            parameter = number
            if number.isNaN, aggregator.refusesNaN {
                throw PromQLError("the first argument of '\(aggregation.name)' is NaN", at: expression.place)
            }
        }
        var order: [[String: String]] = []
        var groups: [[String: String]: [Element]] = [:]
        for element in elements {
            let key = aggregation.key(element.labels)
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(element)
        }
        return order.flatMap { key in
            let group = groups[key] ?? []
            return aggregator.body(group, parameter).map { made in
                guard made.labels.isEmpty else { return made }
                var element = Element(labels: key, value: made.value)
                element.dropsName = group.contains(where: \.dropsName)
                return element
            }
        }
    }
}

extension Aggregation {
    fileprivate func key(_ labels: [String: String]) -> [String: String] {
        if isWithout { return labels.filter { $0.key != "__name__" && !grouping.contains($0.key) } }
        return labels.filter { grouping.contains($0.key) }
    }
}
