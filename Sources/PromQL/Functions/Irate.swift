import Series
import Values

extension Function {
    static let irate = Function(
        name: "irate", parameters: [.matrix], result: .vector,
        usage: "irate(counter[5m])",
        documentation: "How much a counter rises a second between the last two samples of the range."
    ) { call throws(PromQLError) in
        call.mapSeries(0) { samples, _ in
            guard let last = samples.last, let before = samples.dropLast().last, before.at < last.at else { return nil }
            let rise = last.value < before.value ? last.value : last.value - before.value
            return rise / (last.at - before.at).seconds
        }
    }
}
