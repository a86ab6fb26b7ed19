import PromQL
public import Series
public import Values

/// An alert that is pending or firing.
public struct ActiveAlert: Hashable, Sendable {
    /// With `alertname`.
    public var labels: Labels
    public var annotations: [String: String]
    public var activeAt: Timestamp
    public var isFiring = false
    /// Since when its element is gone, while it fires on.
    public var keepFiringSince: Timestamp?
    /// Of the element.
    public var value: Double
}

extension RuleGroupState {
    /// So long after the last sample of an alert that was pending or firing it counts as going on, after a restart.
    private static let outage = Period.hours(1)

    /// Takes elements as alerts: those that are there, and those that were there before.
    mutating func alert(
        _ place: Int, _ terms: AlertTerms, _ elements: [VectorElement], at time: Timestamp,
        restored: [Labels: ActiveAlert]
    ) throws(PromQLError) -> RuleOutput {
        var found: [Labels: ActiveAlert] = [:]
        for element in elements {
            let fresh = fresh(group.rules[place], terms, element, at: time)
            guard found.updateValue(fresh, forKey: fresh.labels) == nil else {
                throw PromQLError("vector contains metrics with the same labelset after applying alert labels")
            }
        }
        var active = rules[place].active
        for (labels, alert) in restored where found[labels] != nil {
            active[labels] = alert
            rules[place].series.formUnion(["ALERTS", "ALERTS_FOR_STATE"].map { RuleGroupState.series(alert, $0) })
        }
        for (labels, fresh) in found {
            active[labels, default: fresh].value = fresh.value
            active[labels]?.annotations = fresh.annotations
            active[labels]?.keepFiringSince = nil
        }
        for (labels, alert) in active where found[labels] == nil {
            let since = alert.keepFiringSince ?? time
            if alert.isFiring, terms.keepFiringFor > .zero, time - since < terms.keepFiringFor {
                active[labels]?.keepFiringSince = since
            } else {
                active[labels] = nil
            }
        }
        for (labels, alert) in active where !alert.isFiring && time - alert.activeAt >= terms.holdFor {
            active[labels]?.isFiring = true
        }
        rules[place].active = active
        if group.limit > 0, active.count > group.limit {
            rules[place].active = [:]
            throw PromQLError("exceeded limit of \(group.limit) with \(active.count) alerts")
        }
        var output = RuleOutput(time: (time - group.queryOffset).milliseconds)
        for alert in active.values {
            _ = output.append(RuleGroupState.series(alert, "ALERTS"), 1)
            _ = output.append(
                RuleGroupState.series(alert, "ALERTS_FOR_STATE"), Double(alert.activeAt.milliseconds / 1000))
        }
        return output
    }

    private func fresh(_ rule: Rule, _ terms: AlertTerms, _ element: VectorElement, at time: Timestamp) -> ActiveAlert {
        let shown = element.labels.dropping([Labels.metricName])
        let value = element.histogram == nil ? element.value : .nan
        var builder = LabelsBuilder(shown)
        for (name, text) in rule.labels {
            builder.set(name, AlertText(text).text(labels: element.labels, value: value))
        }
        builder.set("alertname", rule.name)
        return ActiveAlert(
            labels: builder.labels(),
            annotations: terms.annotations.mapValues { AlertText($0).text(labels: element.labels, value: value) },
            activeAt: time, value: value)
    }

    private static func series(_ alert: ActiveAlert, _ name: String) -> Labels {
        var builder = LabelsBuilder(alert.labels)
        builder.set(Labels.metricName, name)
        if name == "ALERTS" { builder.set("alertstate", alert.isFiring ? "firing" : "pending") }
        return builder.labels()
    }

    /// After a restart: the alerts of a rule whose last samples are not old, to go on. The time that nobody looked does not count as
    /// time that an element was there.
    func restored(
        _ place: Int, _ terms: AlertTerms, at time: Timestamp, data: any Queryable, within bounds: EvaluationBounds
    ) -> [Labels: ActiveAlert] {
        guard terms.holdFor > .zero else { return [:] }
        let firing = Set(
            lastSamples("ALERTS", of: place, at: time, data, bounds).map(\.labels)
                .filter { $0["alertstate"] == "firing" }.map { $0.dropping(["alertstate"]) })
        var restored: [Labels: ActiveAlert] = [:]
        for (labels, seen, value) in lastSamples("ALERTS_FOR_STATE", of: place, at: time, data, bounds)
        where value.magnitude < 1e12 {
            let began = Timestamp(milliseconds: Int64(value) * 1000)
            let isFiring = firing.contains(labels)
            restored[labels] = ActiveAlert(
                labels: labels, annotations: [:], activeAt: isFiring ? began : began + (time - seen),
                isFiring: isFiring, value: 0)
        }
        return restored
    }

    private func lastSamples(
        _ name: String, of place: Int, at time: Timestamp, _ data: any Queryable, _ bounds: EvaluationBounds
    ) -> [(labels: Labels, seen: Timestamp, value: Double)] {
        var request = SelectRequest(
            matchers: [
                LabelMatcher(Labels.metricName, .equal, name),
                LabelMatcher("alertname", .equal, group.rules[place].name),
            ], after: (time - RuleGroupState.outage).milliseconds, through: time.milliseconds - 1)
        request.limitSeries = bounds.series
        guard let set = try? data.series(request) else { return [] }
        var buffer = SampleBuffer()
        return (0..<set.count).compactMap { index in
            buffer.removeAll()
            guard (try? set.read(index, into: &buffer)) != nil, let last = buffer.values.last,
                let seen = buffer.times.last, last.bitPattern != Sample.staleMarker.bitPattern
            else { return nil }
            return (set.labels(index).dropping([Labels.metricName]), Timestamp(milliseconds: seen), last)
        }
    }
}
