import Logging
import Ports
import Specs
import Synchronization
import Values
import Wire

extension ControlPlane {
    /// Sends what is in the outbox, and again what was not accepted. Never on the path of a rollout.
    func driveDeliveries() async {
        await outboxWake.drive(every: .seconds(1), atMostEvery: .zero) {
            await self.deliverDue()
        }
    }

    func deliverDue() async {
        let due = dueDeliveries(at: clock())
        guard !due.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            for record in due { group.addTask { await self.deliver(record) } }
        }
        // More may wait than were sent at once.
        outboxWake.signal()
    }

    /// What may be sent now, oldest first: not all to one receiver, so that a slow one does not hold up the others.
    private func dueDeliveries(at now: Timestamp) -> [DeliveryRecord] {
        let (pending, resting) = memory.withLock { ($0.ledger.pendingDeliveries, $0.restingDeliveries) }
        var share: [String: Int] = [:]
        let due = pending.values
            .filter { ($0.nextAttemptAt ?? now) <= now && resting[$0.name].map { $0 <= now } ?? true }
            .sorted { ($0.createdAt, $0.name) < ($1.createdAt, $1.name) }
            .filter { record in
                share[record.receiver, default: 0] += 1
                return share[record.receiver, default: 0] <= DeliveryLimits.atOnceToOne
            }
        return Array(due.prefix(DeliveryLimits.atOnce))
    }

    func deliver(_ record: DeliveryRecord) async {
        var record = record
        record.attempts += 1
        if let receiver = ledger.receivers[record.receiver]?.spec {
            record.settle(await notifier.deliver(record.notification, to: receiver.target), at: clock())
        } else {
            record.settle(.refused(answer: "the receiver is gone"), at: clock())
        }
        let settled = record
        do throws(Problem) {
            try await change { (draft) throws(Problem) in draft.setDelivery(settled) }
            memory.withLock { $0.restingDeliveries[settled.name] = nil }
        } catch {
            let until = clock() + DeliveryLimits.rest
            memory.withLock { $0.restingDeliveries[settled.name] = until }
            logger.error("a delivery cannot be stored: \(error.message)", metadata: ["delivery": "\(settled.name)"])
        }
    }
}

enum DeliveryLimits {
    static let atOnce = 16
    static let atOnceToOne = 4
    /// How long a delivery waits whose outcome could not be stored.
    static let rest = Period.minutes(1)
}

extension DeliveryRecord {
    /// Notes the answer to an attempt.
    mutating func settle(_ answer: DeliveryAnswer, at now: Timestamp) {
        nextAttemptAt = nil
        switch answer {
        case .delivered(let text):
            (state, self.answer) = (.delivered, text)
        case .refused(let text):
            (state, self.answer) = (.failed, text)
        case .retry(let text, let after):
            self.answer = text
            let pause = RetrySchedule.wait(
                failures: attempts, elapsed: now - createdAt, asked: after, fraction: Double.random(in: 0..<1))
            guard !isTest, let pause else {
                state = .failed
                return
            }
            nextAttemptAt = now + pause
        }
    }
}
