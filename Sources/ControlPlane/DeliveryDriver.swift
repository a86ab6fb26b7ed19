import Logging
import Ports
import Specs
import Values
import Wire

extension ControlPlane {
    /// Sends what is in the outbox, and again what was not accepted. Never on the path of a rollout.
    func driveDeliveries() async {
        await outboxWake.drive(every: .seconds(1), atMostEvery: .zero) {
            await self.deliverDue()
        }
    }

    private func deliverDue() async {
        let now = clock()
        let due = ledger.pendingDeliveries.values
            .filter { ($0.nextAttemptAt ?? now) <= now }
            .sorted { $0.createdAt < $1.createdAt }
            .prefix(DeliverySchedule.atOnce)
        guard !due.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            for record in due { group.addTask { await self.deliver(record) } }
        }
        // More may wait than were sent at once.
        if due.count == DeliverySchedule.atOnce { outboxWake.signal() }
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
        } catch {
            logger.error("a delivery cannot be stored: \(error.message)", metadata: ["delivery": "\(settled.name)"])
        }
    }
}

/// When a delivery is tried again.
enum DeliverySchedule {
    static let atOnce = 16
    static let giveUpAfter = Period.hours(24)

    /// Doubles from two seconds to ten minutes, and draws from the upper half so that receivers are not hit in step.
    static func pause(attempts: Int, random: Double) -> Period {
        let full = min(600_000, Int64(2000) << Int64(min(attempts, 12)))
        return Period(milliseconds: full / 2 + Int64(Double(full / 2) * random))
    }
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
            guard !isTest, now - createdAt < DeliverySchedule.giveUpAfter else {
                state = .failed
                return
            }
            let pause = DeliverySchedule.pause(attempts: attempts, random: Double.random(in: 0..<1))
            nextAttemptAt = now + max(pause, after ?? .zero)
        }
    }
}
