import Rollouts
import Specs
import Values
import Wire

extension RolloutScreen {
    /// One line a wave, and below it as many of its hosts as there is room for, those that need attention first.
    func waveLines(hostRoom: Int?) -> [StyledText] {
        let shares = hostShares(hostRoom)
        let hostColumn = hostNameWidth(shares)
        return rollout.waves.indices.flatMap { index in
            [waveLine(index)] + hostLines(index, atMost: shares[index], nameWidth: hostColumn)
        }
    }

    /// The watch after the last wave, once it runs.
    var watchLines: [StyledText] {
        guard rollout.phase == .watching else { return [] }
        let symbol = WaveView.State.baking.symbol(style)
        let name = StyledText("watch").padded(to: waveNameWidth)
        return [StyledText("\(symbol) ", .accent) + name + StyledText("  ") + bakeText]
    }

    private var waveNameWidth: Int {
        min(24, (rollout.waves.map { displayWidth($0.name) } + [5]).max() ?? 5)
    }

    // MARK: Waves

    private func waveLine(_ index: Int) -> StyledText {
        let wave = rollout.waves[index]
        let look = wave.state.look
        let name = StyledText(shortened(harmless(wave.name), to: 24), .bold)
        let stateWidth = rollout.waves.map { displayWidth($0.state.word) }.max() ?? 0
        var line = StyledText("\(wave.state.symbol(style)) ", look) + name.padded(to: waveNameWidth) + StyledText("  ")
        line += StyledText(wave.state.word, look).padded(to: stateWidth) + StyledText("  ")
        if index == rollout.wave, rollout.phase == .baking { line += bakeText + StyledText("  ") }
        return line + waveCounts(wave)
    }

    private func waveCounts(_ wave: WaveView) -> StyledText {
        let marks = wave.hosts.map { HostMark($0, in: wave.state, of: rollout) }
        switch wave.state {
        case .pending, .waiting:
            let gate = wave.gate.map { "  gate: \($0.rawValue)" } ?? ""
            let whom =
                rollout.flag == nil
                ? counted(wave.hosts.count, "host") : "\(wave.hosts.map(\.host).joined(separator: ", ")) of the keys"
            return StyledText("\(whom), bake \(wave.bake)\(gate)", .dim)
        case .rollingBack, .rolledBack:
            return StyledText("\(marks.count { $0 == .back })/\(marks.count) back")
        case .moving, .baking, .done:
            let failed = marks.count { $0 == .failed }
            let lost = marks.count { $0 == .lost }
            return StyledText("\(marks.count { $0 == .ready })/\(marks.count) ready")
                + StyledText(failed > 0 ? "  \(failed) failed" : "", .bad)
                + StyledText(lost > 0 ? "  \(lost) no contact" : "", .caution)
        }
    }

    /// A bar with words, for the bake or the watch.
    private var bakeText: StyledText {
        let share = rollout.bakeTarget > .zero ? min(1, rollout.baked.seconds / rollout.bakeTarget.seconds) : 1
        let width = (style.width ?? 80) < 60 ? 8 : 20
        let filled = Int(share * Double(width))
        let (full, empty) = style.symbols ? ("█", "░") : ("#", ".")
        let look: Look = rollout.hold == nil && rollout.pause == nil ? .accent : .caution
        return StyledText(String(repeating: full, count: filled), look)
            + StyledText(String(repeating: empty, count: width - filled), .dim)
            + StyledText(" \(briefly(rollout.baked)) of \(briefly(rollout.bakeTarget))")
    }

    // MARK: Hosts

    /// How many lines the hosts of each wave get: the wave in progress first, then earlier ones, then later ones.
    private func hostShares(_ room: Int?) -> [Int] {
        guard var room else { return rollout.waves.map(\.hosts.count) }
        var shares = [Int](repeating: 0, count: rollout.waves.count)
        let current = min(max(0, rollout.wave), max(0, rollout.waves.count - 1))
        let order = rollout.waves.indices.sorted { left, right in
            func rank(_ index: Int) -> (Int, Int) {
                if index == current { return (0, 0) }
                return index < current ? (1, current - index) : (2, index)
            }
            return rank(left) < rank(right)
        }
        for index in order {
            let wanted = rollout.waves[index].hosts.count
            // One line is the fold itself, which says no more than the wave's own line.
            let share = wanted <= room ? wanted : room >= 2 ? room : 0
            shares[index] = share
            room -= share
        }
        return shares
    }

    private func hostNameWidth(_ shares: [Int]) -> Int {
        let names = zip(rollout.waves, shares).flatMap { wave, share in share > 0 ? wave.hosts.map(\.host) : [] }
        return min((style.width ?? 120) < 60 ? 16 : 32, names.map { displayWidth($0) }.max() ?? 0)
    }

    private func hostLines(_ index: Int, atMost limit: Int, nameWidth: Int) -> [StyledText] {
        let wave = rollout.waves[index]
        guard limit > 0, !wave.hosts.isEmpty else { return [] }
        let marked = wave.hosts.map { (host: $0, mark: HostMark($0, in: wave.state, of: rollout)) }
        let isFolded = marked.count > limit
        let order =
            isFolded
            ? marked.enumerated().sorted {
                ($0.element.mark.rawValue, $0.offset) < ($1.element.mark.rawValue, $1.offset)
            }
            .map(\.element) : marked
        let shown = order.prefix(isFolded ? limit - 1 : limit)
        var lines = shown.enumerated().map { place, entry in
            let isLast = place == shown.count - 1 && !isFolded
            return branch(isLast) + hostLine(entry.host, entry.mark, nameWidth)
        }
        if isFolded { lines.append(branch(true) + foldLine(order.dropFirst(shown.count).map(\.mark))) }
        return lines
    }

    private func branch(_ isLast: Bool) -> StyledText {
        StyledText(style.symbols ? (isLast ? "  └─ " : "  ├─ ") : "  |- ", .dim)
    }

    private func hostLine(_ host: WaveHostView, _ mark: HostMark, _ nameWidth: Int) -> StyledText {
        let name = StyledText(shortened(harmless(host.host), to: nameWidth, symbols: style.symbols))
        let word = StyledText("\(mark.symbol(style)) \(mark.word)", mark.look)
        let says = host.detail == mark.word ? "" : "  \(host.detail)"
        return name.padded(to: nameWidth) + StyledText("  ") + word.padded(to: 12)
            + StyledText("  \(host.version ?? "-")") + StyledText(says, mark == .failed ? .bad : .dim)
    }

    /// `… 37 more ready, 2 waiting`
    private func foldLine(_ marks: [HostMark]) -> StyledText {
        let counts = HostMark.allCases.map { mark in (mark, marks.count { $0 == mark }) }.filter { $0.1 > 0 }
        let text = counts.enumerated().map { index, entry in
            index == 0 ? "\(entry.1) more \(entry.0.word)" : "\(entry.1) \(entry.0.word)"
        }
        return StyledText((style.symbols ? "… " : "... ") + text.joined(separator: ", "), .dim)
    }
}
