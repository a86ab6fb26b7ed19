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
        var failures = 0
        var generator = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            let wait = min(interval * (1 << min(failures, 6)), max(interval, .seconds(300)))
            do { try await Task.sleep(for: wait * Double.random(in: 0.8...1.2, using: &generator)) } catch { return }
            failures = await sendUsage() ? 0 : failures + 1
        }
    }

    /// Returns whether everything was sent. What was not is sent with the next report.
    @discardableResult
    func sendUsage() async -> Bool {
        var left = Array(usage.take())[...]
        while !left.isEmpty {
            let batch = left.prefix(1000)
            do {
                try await link.send(usage: UsageBook.report(batch))
            } catch let refused as ServerLink.Refused where refused.status == 400 || refused.status == 413 {
                // The same counts would be refused again and again.
                isWrong("evaluation counts were refused: \(refused)")
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
