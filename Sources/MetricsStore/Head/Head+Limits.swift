import Series
import Synchronization

extension Head {
    /// Why a new series would be one too many; names whose limit it is.
    func overLimit(_ labels: Labels) -> String? {
        guard seriesCount < options.maximumSeries else {
            return "\(labels) is refused: there are \(seriesCount) series, which is the limit"
        }
        for (name, limit) in options.seriesLimits.sorted(by: { $0.key < $1.key }) {
            guard let value = labels[name] else { continue }
            let count = index.withLock { $0.count(name, value) }
            guard count < limit else {
                return
                    "\(labels) is refused: \(name)=\"\(value)\" has \(count) series, which is the limit for one \(name)"
            }
        }
        return nil
    }
}
