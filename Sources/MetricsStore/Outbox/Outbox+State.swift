import Chunks
import Glibc
import MetricsFormats
import Ports

extension Outbox.State {
    /// Reads what is in the files: segments, what waits, the last sequence number. Cuts torn ends off.
    mutating func scan(_ path: String, isOpening: Bool) throws(StoreError) -> [String] {
        var problems: [String] = []
        segments = []
        let starts = readers.map(\.sequence)
        for place in readers.indices {
            (readers[place].segment, readers[place].offset) = (0, 0)
            (readers[place].consumed, readers[place].pending) = (0, 0)
            sequence = max(sequence, readers[place].sequence ?? 0)
        }
        for number in try LogSegment.numbers(path) {
            // Not what receivers are done with: others are behind them.
            var segment = OutboxSegment(number: number, last: segments.last?.last ?? 0)
            let file = "\(path)/\(LogSegment.name(number))"
            let (good, length) = try LogSegment.read(file) { kind, sequence, reader in
                var reader = reader
                let samples = Int(truncatingIfNeeded: reader.varint())
                let time = reader.zigzag()
                guard kind == .outgoing, !reader.isBroken else { return }
                segment.samples += samples
                segment.last = max(segment.last, sequence)
                newestTime = max(newestTime ?? time, time)
                for place in readers.indices {
                    guard let start = starts[place] else { continue }
                    if sequence <= start {
                        if readers[place].segment == 0 { readers[place].consumed += samples }
                    } else {
                        if readers[place].segment == 0 { readers[place].segment = number }
                        readers[place].pending += samples
                    }
                }
            }
            for place in readers.indices where readers[place].segment == 0 { readers[place].consumed = 0 }
            sequence = max(sequence, segment.last)
            segment.bytes = good
            segments.append(segment)
            guard isOpening, good < length else { continue }
            problems.append("\(file): \(length - good) bytes from byte \(good) on are no whole record, and are cut off")
            try File(file).truncate(to: good)
        }
        return problems
    }

    /// Receivers that are new, or have nothing to read, go on with the newest segment.
    mutating func settle() {
        guard let newest = segments.last else { return }
        for place in readers.indices {
            if readers[place].segment == 0 {
                (readers[place].segment, readers[place].offset) = (newest.number, 0)
                readers[place].consumed = 0
            }
            guard readers[place].sequence == nil else { continue }
            readers[place].sequence = sequence
            readers[place].savePosition()
        }
    }

    /// One more record at the end.
    mutating func note(samples: Int, bytes: Int, newestTime time: Int64) {
        let place = segments.count - 1
        segments[place].samples += samples
        segments[place].bytes += bytes
        segments[place].last = sequence
        newestTime = max(newestTime ?? time, time)
        for place in readers.indices { readers[place].pending += samples }
    }

    /// Gives the oldest samples up while all take too much; never the segment that is written.
    mutating func makeRoom(_ limit: Int, _ path: String) {
        var bytes = segments.reduce(0) { $0 + $1.bytes }
        while bytes > limit, segments.count > 1 {
            let oldest = segments.removeFirst()
            bytes -= oldest.bytes
            for place in readers.indices { leave(oldest, place) }
            Folder.remove("\(path)/\(LogSegment.name(oldest.number))")
        }
    }

    /// What a receiver has not read of a segment is lost to it.
    mutating func leave(_ segment: OutboxSegment, _ place: Int) {
        guard readers[place].segment <= segment.number else { return }
        let left = segment.samples - readers[place].consumed
        readers[place].dropped += left
        readers[place].pending -= left
        go(place, behind: segment)
        readers[place].savePosition()
    }

    /// A receiver goes on with the segment behind one.
    mutating func go(_ place: Int, behind segment: OutboxSegment) {
        guard let next = segments.first(where: { $0.number > segment.number }) else { return }
        (readers[place].segment, readers[place].offset, readers[place].consumed) = (next.number, 0, 0)
        readers[place].sequence = max(readers[place].sequence ?? 0, segment.last)
    }

    mutating func advance(_ place: Int, past batch: OutgoingBatch) {
        // Meanwhile it may have been given up.
        guard batch.sequence > readers[place].sequence ?? 0, readers[place].segment == batch.segment else { return }
        readers[place].sequence = batch.sequence
        readers[place].offset = batch.offset
        readers[place].consumed += batch.body.samples
        readers[place].pending -= batch.body.samples
        readers[place].savePosition()
    }

    /// Removes the segments that every receiver is done with.
    mutating func removeDelivered(_ path: String) {
        while segments.count > 1, let oldest = segments.first,
            readers.allSatisfy({ $0.sequence ?? 0 >= oldest.last })
        {
            segments.removeFirst()
            for place in readers.indices where readers[place].segment <= oldest.number { go(place, behind: oldest) }
            Folder.remove("\(path)/\(LogSegment.name(oldest.number))")
        }
    }
}
