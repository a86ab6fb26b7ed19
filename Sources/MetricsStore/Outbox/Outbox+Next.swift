import Chunks
import Glibc
import MetricsFormats
public import Ports
import Synchronization

extension Outbox {
    /// More bytes than this are not brought together.
    private static let enoughBytes = 4 << 20
    /// No body becomes larger when it is unpacked.
    private static let bodyLimit = 256 << 20

    /// What lies behind a reader's place.
    private enum Found {
        case batch(OutgoingBatch)
        /// Nothing; the segment goes on.
        case nothing
        /// Nothing, and there will be nothing more.
        case end
    }

    public func next(_ receiver: Int, samples: Int) throws(MetricsRefusal) -> OutgoingBatch? {
        while true {
            let (reader, segment) = state.withLock { state in
                let reader = state.readers[receiver]
                return (reader, state.segments.first { $0.number == reader.segment })
            }
            guard let segment else { return nil }
            do throws(StoreError) {
                switch try find(reader, segment, samples) {
                case .batch(let batch): return batch
                case .nothing: return nil
                case .end:
                    state.withLock { state in
                        if state.readers[receiver].segment == segment.number { state.leave(segment, receiver) }
                        state.removeDelivered(path)
                    }
                }
            } catch {
                throw error.refusal
            }
        }
    }

    private func find(_ reader: OutboxReader, _ segment: OutboxSegment, _ samples: Int) throws(StoreError) -> Found {
        // First, so that a segment which is over by then, and on the disk, is read below as it will stay. The segment is as it was
        // when others had begun behind it, or before: then it is looked at once more.
        let isOver = state.withLock { state in
            (state.segments.last?.number ?? 0) > segment.number && state.segments.contains(segment)
        }
        let isWhole = isOver && log.durableSequence >= segment.last
        let path = "\(path)/\(LogSegment.name(segment.number))"
        if Folder.size(path) > 0 {
            let file = try File(path)
            let mapping = try Mapping(file, length: file.length)
            if let batch = Outbox.batch(mapping.bytes, reader, segment.number, samples) { return .batch(batch) }
        }
        return isWhole ? .end : .nothing
    }

    private static func batch(
        _ bytes: UnsafeRawBufferPointer, _ reader: OutboxReader, _ segment: Int, _ limit: Int
    ) -> OutgoingBatch? {
        var place = max(reader.offset, LogSegment.header.count)
        var batch = OutgoingBatch(body: RemoteWriteEncoder.Body(), sequence: 0, segment: segment, offset: place)
        var unpacked: [UInt8] = []
        while place < bytes.count, let record = LogRecord.read(bytes, at: place) {
            var body = record.body
            let (samples, time) = (Int(truncatingIfNeeded: body.varint()), body.zigzag())
            let isFirst = batch.sequence == 0
            if !isFirst, batch.body.samples + samples > limit || batch.body.bytes.count > enoughBytes { break }
            place = record.next
            guard record.kind == .outgoing, record.sequence > reader.sequence ?? 0 else { continue }
            // The checksum was right: what cannot be unpacked was never sound, and no peer could use it.
            if let count = try? Snappy.decode(body.piece(body.remaining), into: &unpacked, limit: bodyLimit) {
                batch.body.bytes.append(contentsOf: unpacked[..<count])
            }
            batch.body.samples += samples
            batch.body.newestTime = max(batch.body.newestTime, time)
            (batch.sequence, batch.offset) = (record.sequence, place)
        }
        return batch.sequence == 0 ? nil : batch
    }
}
