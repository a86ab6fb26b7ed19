import Series
import Synchronization

/// Whose series are too many.
struct SeriesExcess {
    /// Such as `service="web"`.
    var offender: String
    /// For people.
    var problem: String
}

extension Head {
    /// Why a new series would be one too many; names whose limit it is.
    func excess(_ labels: Labels) -> SeriesExcess? {
        guard seriesCount < options.maximumSeries else {
            let name = labels[Labels.metricName] ?? ""
            let count = index.withLock { $0.count(Labels.metricName, name) }
            return SeriesExcess(
                offender: "\(Labels.metricName)=\"\(name)\"",
                problem:
                    "\(labels) is refused: there are \(seriesCount) series, which is the limit; \(name) has \(count) of them"
            )
        }
        for (name, limit) in options.seriesLimits.sorted(by: { $0.key < $1.key }) {
            guard let value = labels[name] else { continue }
            let count = index.withLock { $0.count(name, value) }
            guard count < limit else {
                let offender = "\(name)=\"\(value)\""
                return SeriesExcess(
                    offender: offender,
                    problem: "\(labels) is refused: \(offender) has \(count) series, which is the limit for one \(name)"
                )
            }
        }
        return nil
    }

    /// Counts refused samples for who had too many series; of very many offenders only the first are told apart.
    func note(_ excess: SeriesExcess, samples: Int) {
        refusals.withLock { refusals in
            let isKnown = refusals[excess.offender] != nil || refusals.count < 1000
            refusals[isKnown ? excess.offender : "others", default: 0] += samples
        }
    }
}
