import PromQL
import Series
import Values

extension TickScene {
    /// A number per host.
    func gauges(_ expression: String, data: any Queryable) throws(DataProblem) -> [HostGauge] {
        guard variants == nil else { throw DataProblem(reason: "a flag has no hosts to have a number each") }
        let elements = try elements(expression, data)
        guard !elements.isEmpty else { throw DataProblem(reason: "no data: '\(expression)' finds nothing") }
        var values: [String: [VectorElement]] = [:]
        for element in elements {
            guard element.histogram == nil else {
                throw DataProblem(reason: "'\(expression)' gives histograms, not a number per host")
            }
            guard let host = element.labels["host"] else {
                throw DataProblem(
                    reason: "'\(expression)' gives elements without the label 'host': aggregate by (host), not without")
            }
            if let other = element.labels["service"], other != service { continue }
            values[host, default: []].append(element)
        }
        var rows: [HostGauge] = []
        for host in hosts {
            // While one version replaces the other a host shows both.
            let own = (values[host.name] ?? []).filter { ($0.labels["version"] ?? host.version) == host.version }
            guard let element = own.first else { continue }
            guard own.count == 1 else {
                throw DataProblem(
                    reason: "'\(expression)' gives \(own.count) series for \(host.name): one a host is needed, "
                        + "for example max by (host) (…)")
            }
            guard element.value.isFinite else {
                throw DataProblem(reason: "'\(expression)' is not a number on \(host.name)")
            }
            rows.append(HostGauge(host.place, value: element.value))
        }
        return rows
    }

    private func elements(_ expression: String, _ data: any Queryable) throws(DataProblem) -> [VectorElement] {
        let value: QueryValue
        do throws(PromQLError) {
            value = try Query(expression).evaluate(at: isBefore ? through : now, data: data).value
        } catch {
            throw DataProblem(reason: "'\(expression)' cannot be evaluated: \(error)")
        }
        switch value {
        case .vector(let elements): return elements
        case .scalar: throw DataProblem(reason: "'\(expression)' is one number, not one a host")
        case .string: throw DataProblem(reason: "'\(expression)' is a text, not a number per host")
        case .matrix: throw DataProblem(reason: "'\(expression)' is a range, not a number per host")
        }
    }
}
