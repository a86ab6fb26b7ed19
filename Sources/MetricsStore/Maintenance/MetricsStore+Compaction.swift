import Series
import Synchronization

extension MetricsStore {
    /// Brings blocks together: those of the same stretch of time, then small ones to larger.
    func compact() throws(StoreError) {
        while let group = compactable() { try merge(group) }
    }

    private func compactable() -> [Block]? {
        let all = blocks.withLock { $0 }
        let complete = all.map(\.footer.flushedThrough).max() ?? .min
        for length in [options.blockLength, 4 * options.blockLength, options.maximumBlockLength] {
            var groups: [Int64: [Block]] = [:]
            for block in all {
                let start = MetricsStore.floor(block.footer.minimumTime, length)
                let isWithin = block.footer.maximumTime < start + length && start + length - 1 <= complete
                if isWithin { groups[start, default: []].append(block) }
            }
            for (_, group) in groups.sorted(by: { $0.key < $1.key }) where MetricsStore.isWorthMerging(group) {
                return group
            }
        }
        return nil
    }

    /// A few late samples are not worth rewriting a large block.
    private static func isWorthMerging(_ group: [Block]) -> Bool {
        guard group.count > 1 else { return false }
        let samples = group.map(\.footer.samples)
        let largest = samples.max() ?? 0
        return group.count >= 6 || (samples.reduce(0, +) - largest) * 5 >= largest
    }

    /// Writes the series of several blocks into one, which then takes their place.
    private func merge(_ group: [Block]) throws(StoreError) {
        let number = nextBlockNumber()
        var writer = try BlockWriter(path: blockPath(number))
        var cursors = group.sorted { $0.number < $1.number }.map { BlockCursor($0) }
        do throws(StoreError) {
            var buffer = SampleBuffer()
            while let labels = cursors.compactMap(\.labels).min() {
                buffer.removeAll()
                for index in cursors.indices where cursors[index].labels == labels {
                    cursors[index].take(into: &buffer)
                }
                buffer.putInOrder()
                try writer.add(labels, buffer)
            }
            if let damaged = cursors.first(where: \.isDamaged) {
                setAside(damaged.block)
                throw .damaged(path: damaged.block.path, reason: "a page cannot be read")
            }
            let through = group.map(\.footer.flushedThrough).max() ?? .min
            try writer.finish(flushedThrough: through, sources: group.map(\.number))
            try Folder.sync("\(path)/blocks")
        } catch {
            writer.cancel()
            throw error
        }
        let fresh = try Block(path: blockPath(number), number: number)
        blocks.withLock { blocks in
            blocks.removeAll { block in group.contains { $0.number == block.number } }
            blocks.append(fresh)
        }
        for block in group { Folder.remove(block.path) }
    }
}

/// Goes through the series of a block in order.
struct BlockCursor {
    let block: Block
    private var ordinal = 0
    private var page: (first: Int, series: [(labels: Labels, chunks: [BlockFormat.Chunk])]) = (0, [])
    private(set) var isDamaged = false

    init(_ block: Block) {
        self.block = block
        load()
    }

    /// Of the series where it stands; `nil` at the end.
    var labels: Labels? {
        let place = ordinal - page.first
        return place >= 0 && place < page.series.count ? page.series[place].labels : nil
    }

    private mutating func load() {
        guard ordinal < Int(block.footer.series) else {
            page = (ordinal, [])
            return
        }
        guard let next = block.seriesPage(ordinal) else {
            isDamaged = true
            page = (ordinal, [])
            return
        }
        page = next
    }

    /// Appends the samples of the series, and goes to the next.
    mutating func take(into buffer: inout SampleBuffer) {
        for chunk in page.series[ordinal - page.first].chunks {
            if !block.read(chunk, after: .min, through: .max, into: &buffer) { isDamaged = true }
        }
        ordinal += 1
        if ordinal >= page.first + page.series.count { load() }
    }
}
