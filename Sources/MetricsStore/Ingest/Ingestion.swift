import Chunks
import MetricsFormats
import Series
import Synchronization

/// One batch on its way into the head and the log. Only within the ingest lock.
struct Ingestion {
    let head: Head
    let batch: IngestBatch
    let keys: [RawKey]
    /// Samples later than this are refused.
    let latestTime: Int64
    /// Of the record before.
    var sequence: UInt64
    /// The records of the batch, framed.
    var records: [UInt8]
    var report = IngestReport()
    var isOutOfRoom = false
    private var slots: [UInt32] = []
    private var histogramRecords: [UInt8] = []

    private static let none = UInt32.max

    init(_ head: Head, _ batch: IngestBatch, _ keys: [RawKey], latestTime: Int64, sequence: UInt64, records: [UInt8]) {
        (self.head, self.batch, self.keys) = (head, batch, keys)
        (self.latestTime, self.sequence, self.records) = (latestTime, sequence, records)
    }

    mutating func run() {
        resolve()
        if !batch.times.isEmpty { appendSamples() }
        appendHistogramRecord()
    }

    /// Finds the slot of every series; makes those that are new.
    private mutating func resolve() {
        slots.reserveCapacity(batch.series.count)
        var record: Int?
        for (index, entry) in batch.series.enumerated() {
            if let slot = head.rawKeys.slot(keys[index]) {
                slots.append(slot)
            } else {
                slots.append(add(entry, keys[index], &record) ?? Ingestion.none)
            }
        }
        if let record { LogRecord.finish(record, in: &records) }
    }

    /// A series whose raw labels are not known.
    private mutating func add(_ entry: IngestBatch.Series, _ key: RawKey, _ record: inout Int?) -> UInt32? {
        let options = head.options
        let labels: Labels
        do throws(IngestBatch.LabelProblem) {
            labels = try batch.labels(
                of: entry, limits: .init(count: options.maximumLabels, length: options.maximumLabelLength))
        } catch {
            report.invalid += entry.samples.count
            report.refusedSamples += entry.samples
            report.note("a series is not valid: \(error)")
            return nil
        }
        let slot: UInt32
        if let known = head.slot(of: labels) {
            slot = known
        } else {
            if let excess = head.excess(labels) {
                report.overLimit += entry.samples.count
                report.note(excess.problem)
                head.note(excess, samples: entry.samples.count)
                report.refusedSamples += entry.samples
                return nil
            }
            slot = head.nextSlot
            head.insert(labels, slot: slot)
            report.created += 1
            if record == nil {
                sequence += 1
                record = LogRecord.begin(.series, sequence: sequence, in: &records)
            }
            records.append(varint: UInt64(slot))
            records.append(varint: UInt64(labels.bytes.count))
            records.append(contentsOf: labels.bytes)
        }
        // Many ways to write the same labels must not fill the memory.
        if head.rawKeys.count < 4 * head.seriesCount + 1024 { head.rawKeys.insert(key, slot) }
        return slot
    }

    private mutating func appendSamples() {
        sequence += 1
        let hasStarts = !batch.starts.isEmpty
        let record = LogRecord.begin(hasStarts ? .samplesWithStarts : .samples, sequence: sequence, in: &records)
        let base = batch.times[0]
        records.append(zigzag: base)
        let bodyStart = records.count
        var encoder = SampleRecordEncoder(base: base, hasStarts: hasStarts)
        var newest = head.newestTime.load(ordering: .relaxed)
        var index = 0
        while index < slots.count {
            guard slots[index] != Ingestion.none else {
                index += 1
                continue
            }
            let slab = head.slab(slots[index])
            let number = slots[index] >> Slab.bits
            slab.withLock {
                while index < slots.count, slots[index] >> Slab.bits == number, slots[index] != Ingestion.none {
                    append(batch.series[index], slab, slots[index], &encoder, &newest)
                    index += 1
                }
            }
        }
        if newest > head.newestTime.load(ordering: .relaxed) { head.newestTime.store(newest, ordering: .relaxed) }
        if records.count > bodyStart {
            LogRecord.finish(record, in: &records)
        } else {
            records.removeLast(records.count - record)
            sequence -= 1
        }
    }

    @inline(__always)
    private mutating func append(
        _ entry: IngestBatch.Series, _ slab: Slab, _ slot: UInt32, _ encoder: inout SampleRecordEncoder,
        _ newest: inout Int64
    ) {
        let place = Head.place(slot)
        for sample in entry.samples {
            let time = batch.times[sample]
            var start = batch.starts.isEmpty ? 0 : batch.starts[sample]
            var bits = batch.values[sample].bitPattern
            if entry.isDelta {
                guard slab.states[place].addUp(time, &bits, &start) else {
                    // Its total is not known any more; those behind it count it in.
                    if time == slab.states[place].lastTime { report.refusedSamples.append(sample) }
                    count(time == slab.states[place].lastTime ? .duplicate : .tooOld, slab, place, sample)
                    continue
                }
                report.sums[sample] = Double(bitPattern: bits)
            }
            guard time <= latestTime else {
                count(.tooOld, slab, place, sample, isAhead: true)
                continue
            }
            if !batch.histograms.isEmpty, let histogram = histogram(sample) {
                let admission = head.append(slab, place, time, histogram, start)
                if admission == .accepted || admission == .late { log(histogram, slot, time, start) }
                if admission == .accepted || admission == .late || admission == .duplicate { report.histograms += 1 }
                count(admission, slab, place, sample)
            } else {
                let admission = head.append(slab, place, time, bits, start)
                if admission == .accepted {
                    report.accepted += 1
                    encoder.append(slot, time, bits, start, to: &records)
                } else {
                    if admission == .late { encoder.append(slot, time, bits, start, to: &records) }
                    count(admission, slab, place, sample)
                    continue
                }
            }
            newest = max(newest, time)
        }
    }

    /// The histogram at an index of the batch, found by halving.
    private func histogram(_ index: Int) -> FloatHistogram? {
        var (low, high) = (0, batch.histograms.count)
        while low < high {
            let middle = (low + high) / 2
            if batch.histograms[middle].index < index { low = middle + 1 } else { high = middle }
        }
        return low < batch.histograms.count && batch.histograms[low].index == index ? batch.histograms[low].value : nil
    }

    private mutating func count(
        _ admission: Admission, _ slab: Slab, _ place: Int, _ sample: Int, isAhead: Bool = false
    ) {
        let time = batch.times[sample]
        if admission == .conflict || admission == .tooOld { report.refusedSamples.append(sample) }
        let name = { "\(slab.labels[place])" }
        switch admission {
        case .accepted: report.accepted += 1
        case .late:
            report.accepted += 1
            report.late += 1
        case .duplicate: report.duplicates += 1
        case .conflict:
            report.conflicts += 1
            report.note("\(name()) has another value at \(time) already, which stays")
        case .tooOld where isAhead:
            report.tooFarAhead += 1
            report.note("\(name()): the sample at \(time) is ahead of the clock")
        case .tooOld:
            report.tooOld += 1
            report.note("\(name()): the sample at \(time) is older than what is accepted late")
        case .noRoom: isOutOfRoom = true
        }
    }

    private mutating func log(_ histogram: FloatHistogram, _ slot: UInt32, _ time: Int64, _ start: Int64) {
        var chunk = HistogramChunk()
        chunk.append(time: time, histogram, start: start)
        histogramRecords.append(varint: UInt64(slot))
        histogramRecords.append(zigzag: start)
        histogramRecords.append(varint: UInt64(chunk.bytes.count))
        histogramRecords.append(contentsOf: chunk.bytes)
    }

    /// What is new about metrics.
    mutating func log(_ metadata: [MetricMetadata]) {
        guard !metadata.isEmpty else { return }
        sequence += 1
        let record = LogRecord.begin(.metadata, sequence: sequence, in: &records)
        for entry in metadata { entry.append(to: &records) }
        LogRecord.finish(record, in: &records)
    }

    private mutating func appendHistogramRecord() {
        guard !histogramRecords.isEmpty else { return }
        sequence += 1
        let record = LogRecord.begin(.histograms, sequence: sequence, in: &records)
        records.append(contentsOf: histogramRecords)
        LogRecord.finish(record, in: &records)
    }
}

/// Writes the samples of a record: differences to the ones before, and the values as they are.
struct SampleRecordEncoder {
    let base: Int64
    let hasStarts: Bool
    private var lastSlot: Int64 = -1

    init(base: Int64, hasStarts: Bool) {
        self.base = base
        self.hasStarts = hasStarts
    }

    @inline(__always)
    mutating func append(_ slot: UInt32, _ time: Int64, _ bits: UInt64, _ start: Int64, to bytes: inout [UInt8]) {
        bytes.append(zigzag: Int64(slot) &- lastSlot &- 1)
        lastSlot = Int64(slot)
        bytes.append(zigzag: time &- base)
        // An unknown start stays zero.
        if hasStarts { bytes.append(zigzag: start == 0 ? 0 : time &- start &+ 1) }
        bytes.append(fixed64: bits)
    }
}
