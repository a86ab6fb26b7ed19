import Ports
public import Series
import Synchronization

extension MetricsStore: SampleSource {
    public func select(_ request: SelectRequest) async throws(QueryError) -> any SeriesSet {
        try selection(request)
    }

    /// Every series that all matchers match, as it is now.
    public func selection(_ request: SelectRequest) throws(QueryError) -> SeriesSelection {
        let matchers = try MetricsStore.compiled(request.matchers)
        var parts = SeriesSelection.Parts()
        // The head first: what leaves it meanwhile is in the blocks by then.
        let slots = head.index.withLock { $0 }.slots(matchers)
        try head.collect(slots, request, into: &parts)
        let mappings = head.area.mappings
        let all = blocks.withLock { $0 }.filter { $0.overlaps(after: request.after, through: request.through) }
            .sorted { $0.footer.minimumTime < $1.footer.minimumTime }
        let wantsMore = request.enoughSeries == 0 || parts.entries.count < request.enoughSeries
        if !all.isEmpty, wantsMore { try collect(all, matchers, request, into: &parts) }
        return SeriesSelection(
            parts, after: request.after, through: request.through, limitSamples: request.limitSamples,
            mappings: mappings, blocks: all, onDamage: { [weak self] in self?.setAside($0) })
    }

    static func compiled(_ matchers: [LabelMatcher]) throws(QueryError) -> [CompiledMatcher] {
        var compiled: [CompiledMatcher] = []
        for matcher in matchers {
            do throws(RegularExpressionError) {
                compiled.append(try CompiledMatcher(matcher))
            } catch {
                throw .invalidMatcher("\(error)")
            }
        }
        return compiled
    }

    /// Adds the chunks of blocks to the series that are there, and series that only blocks have.
    private func collect(
        _ blocks: [Block], _ matchers: [CompiledMatcher], _ request: SelectRequest,
        into parts: inout SeriesSelection.Parts
    ) throws(QueryError) {
        var places: [Labels: Int] = [:]
        places.reserveCapacity(parts.entries.count)
        for (index, entry) in parts.entries.enumerated() { places[entry.labels] = index }
        var meter = MetricsMeter()
        try meter.note(held: parts.size)
        var chunksOf = [[(block: Int, chunk: BlockFormat.Chunk)]](repeating: [], count: parts.entries.count)
        var chunkCount = 0
        for (number, block) in blocks.enumerated() {
            var page: (first: Int, series: [(labels: Labels, chunks: [BlockFormat.Chunk])]) = (0, [])
            for ordinal in block.ordinals(matchers) {
                if !(page.first..<page.first + page.series.count).contains(Int(ordinal)) {
                    guard let next = block.seriesPage(Int(ordinal)), Int(ordinal) - next.first < next.series.count
                    else {
                        setAside(block)
                        throw .unavailable("\(block.path) is damaged")
                    }
                    page = next
                    try meter.note(held: parts.size + places.capacity * 32 + chunksOf.capacity * 8 + chunkCount * 64)
                }
                let (labels, chunks) = page.series[Int(ordinal) - page.first]
                let wanted = chunks.filter { $0.maximumTime > request.after && $0.minimumTime <= request.through }
                guard !wanted.isEmpty else { continue }
                chunkCount += wanted.count
                let place = places[labels] ?? parts.entries.count
                if place == parts.entries.count {
                    places[labels] = place
                    parts.entries.append(SeriesSelection.Entry(labels: labels))
                    chunksOf.append([])
                    if request.limitSeries > 0, place >= request.limitSeries {
                        throw .tooManySeries(limit: request.limitSeries)
                    }
                }
                if request.onlyLabels {
                    if request.enoughSeries > 0, parts.entries.count >= request.enoughSeries { return }
                } else {
                    chunksOf[place].append(contentsOf: wanted.map { (number, $0) })
                }
            }
        }
        for (place, chunks) in chunksOf.enumerated() where !chunks.isEmpty {
            let first = parts.blockChunks.count
            parts.blockChunks.append(contentsOf: chunks)
            parts.entries[place].blockChunks = first..<parts.blockChunks.count
        }
        parts.putInOrderOfPages()
    }

    /// Takes a damaged block out; the rest goes on.
    func setAside(_ block: Block) {
        let isNew = blocks.withLock { blocks in
            let before = blocks.count
            blocks.removeAll { $0.number == block.number }
            return blocks.count < before
        }
        guard isNew else { return }
        let name = block.path.split(separator: "/").last.map(String.init) ?? "block"
        try? Folder.rename(block.path, to: "\(path)/damaged/\(name)")
        note("\(block.path) is damaged and was set aside as \(path)/damaged/\(name)")
    }
}
