import Ports
import Rollouts
import Specs
import Values
import Wire

extension Draft {
    /// Puts what people are told of an event into the outbox, in the same commit as the event.
    mutating func announce(_ event: RolloutEvent, plan: RolloutPlan, approved: Set<Int>) {
        guard let announcement = event.announcement(plan: plan, approved: approved) else { return }
        let notification = Ports.Notification(
            id: "\(sortable(now.milliseconds, width: 15))-\(plan.id)-\(event.sequence)", event: announcement.event,
            at: event.at, service: plan.service, rollout: plan.id, version: plan.version, previous: plan.previous,
            wave: announcement.wave, text: announcement.text, evidence: announcement.evidence)
        for applied in ledger.receivers.values where applied.spec.wants(notification) {
            send(notification, to: applied.spec.name, isTest: false)
        }
    }

    @discardableResult
    mutating func send(_ notification: Ports.Notification, to receiver: String, isTest: Bool) -> DeliveryRecord {
        let record = DeliveryRecord(
            notification: notification, receiver: receiver, state: .pending, attempts: 0, answer: nil, createdAt: now,
            nextAttemptAt: now, isTest: isTest)
        ledger.deliveries += 1
        setDelivery(record)
        return record
    }

    mutating func setDelivery(_ record: DeliveryRecord) {
        ledger.pendingDeliveries[record.name] = record.state == .pending ? record : nil
        put(Collection.deliveries, record.name, record)
    }
}

extension ReceiverSpec {
    func wants(_ notification: Ports.Notification) -> Bool {
        let wantsService = services.isEmpty || notification.service.map(services.contains) ?? true
        return wantsService && (events.isEmpty || events.contains(notification.event))
    }
}
