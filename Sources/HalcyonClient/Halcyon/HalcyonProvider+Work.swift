import EventStreams
import FoundationEssentials

extension HalcyonProvider {
    /// Keeps the stream from the server open.
    func follow() async {
        var backOff = BackOff(first: .milliseconds(500), longest: configuration.longestWait)
        var generator = SystemRandomNumberGenerator()
        var heard = 0
        while !Task.isCancelled {
            do {
                let known = status == .notReady ? nil : flags.snapshot.etag
                heard = setsHeard
                try await link.follow(since: known) { event in self.take(event) }
                isAway("the server ended the stream")
            } catch is CancellationError {
                return
            } catch let refused as ServerLink.Refused {
                isAway(refused.description)
                // Asking again at once will not help: somebody has to mend the token.
                if !refused.isPassing { isWrong(refused.description) }
            } catch {
                isAway("\(error)")
            }
            if setsHeard > heard { backOff.reset() }
            do { try await Task.sleep(for: backOff.next(using: &generator)) } catch { return }
        }
    }

    /// A set of flags from the server. One that cannot be used changes nothing.
    private func take(_ event: ServerSentEvent) {
        guard event.name == "flags" || event.name == "current" else { return }
        noteSet()
        let etag = event.id.isEmpty ? nil : event.id
        let old = flags.snapshot
        if status != .notReady, let etag, etag == old.etag { return isReady() }
        // Only the set that this client has named is called current, without its content.
        guard event.name == "flags" else { return }
        do {
            let new = try FlagFile.compile(
                event.data, file: "flags of \(configuration.server)", bucketing: old.bucketing, etag: etag,
                reusing: old)
            flags.publish(new)
            usage.follow(new)
            // What was measured until now belongs to the flags before: it is told before more is added to it.
            if measures.follow(new) { reporting.ask() }
            keep(new)
            let keys = new.changedKeys(since: old).map(\.key)
            isReady()
            if !keys.isEmpty { listeners.tell(.configurationChanged(keys: keys)) }
        } catch {
            isWrong("the server's flags cannot be used, the old ones go on: \(error)")
        }
    }

    private func keep(_ snapshot: FlagSnapshot) {
        guard let path = configuration.lastKnownFile else { return }
        do {
            try FlagFile.write(snapshot, to: path)
        } catch {
            isWrong("the flags cannot be kept in \(path): \(error)")
        }
    }

    // MARK: Usage

    /// Sends what was evaluated, now and then; rarer while the server does not take it.
    func report(every interval: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            let beats = reporting.beats()
            group.addTask {
                while (try? await Task.sleep(for: self.pause(interval))) != nil { self.reporting.beat() }
            }
            await self.report(every: interval, at: beats)
            group.cancelAll()
        }
    }

    private func report(every interval: Duration, at beats: AsyncStream<Void>) async {
        var failures = 0
        var generator = SystemRandomNumberGenerator()
        var factor = Double.random(in: 0.8...1.2, using: &generator)
        var last = ContinuousClock.now
        for await _ in beats {
            if Task.isCancelled { return }
            let isAskedFor = reporting.takeAsked()
            let interval = measures.isWatching ? min(interval, HalcyonProvider.watchedInterval) : interval
            let wait = min(interval * (1 << min(failures, 6)), max(interval, .seconds(300))) * factor
            guard isAskedFor || ContinuousClock.now - last >= wait else { continue }
            // A fleet that hears of the same change does not speak at the same moment.
            if isAskedFor {
                try? await Task.sleep(for: .milliseconds(Int.random(in: 0...300, using: &generator)))
            }
            failures = await sendUsage() ? 0 : failures + 1
            (last, factor) = (.now, Double.random(in: 0.8...1.2, using: &generator))
        }
    }

    /// How long to wait before looking again whether a report is due.
    private func pause(_ interval: Duration) -> Duration {
        min(interval, measures.isWatching ? .milliseconds(250) : .seconds(1))
    }

    /// While a flag is rolled out, what is measured is sent this often: a bad variant shall not wait for its report.
    static let watchedInterval = Duration.seconds(2)

    /// Returns whether everything was sent. What was not is sent with the next report.
    @discardableResult
    func sendUsage() async -> Bool {
        var left = Array(usage.take())[...]
        // Sums: they go with one report, and again with the next.
        var measured = measures.report()
        while !left.isEmpty || measured != nil {
            let batch = left.prefix(1000)
            do {
                try await link.send(usage: UsageBook.report(batch, measured))
                measured = nil
            } catch let refused as ServerLink.Refused where refused.status == 400 || refused.status == 413 {
                // The same counts would be refused again and again.
                isWrong("evaluation counts were refused: \(refused)")
                measured = nil
            } catch {
                usage.giveBack(Dictionary(uniqueKeysWithValues: left.map { ($0.key, $0.value) }))
                return false
            }
            left = left.dropFirst(1000)
        }
        return true
    }
}

func fileBytes(_ path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path).map { Array($0) }
}
