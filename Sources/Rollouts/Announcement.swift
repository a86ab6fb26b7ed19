public import Specs
import Verdicts

/// What people are told because of an event.
public struct Announcement: Hashable, Sendable {
    public var event: NotificationEvent
    public var text: String
    public var wave: String?
    public var evidence: [String]
}

extension RolloutEvent {
    /// What this event is worth telling people; `nil` for most.
    ///
    /// - Parameter approved: The waves that a person has approved: one of them that waits, waits for something else.
    public func announcement(plan: RolloutPlan, approved: Set<Int> = []) -> Announcement? {
        let change = "\(plan.service) \(plan.previous.map { "\($0) → " } ?? "")\(plan.version)"
        func announce(_ event: NotificationEvent, wave: Int? = nil, _ evidence: [String] = []) -> Announcement {
            Announcement(
                event: event, text: "\(change): \(sentence(plan: plan))", wave: wave.map(plan.name), evidence: evidence)
        }
        switch fact {
        case .began: return announce(.started)
        case .waited(let wave, _):
            let needsPerson = plan.needsApproval(wave: wave) && !approved.contains(wave)
            return needsPerson ? announce(.needsPerson, wave: wave) : nil
        case .waveDone(let wave, let readings):
            return announce(.waveDone, wave: wave, readings.map { "\($0.check): \($0.reason)" })
        case .held(let hold):
            return announce(hold.kind == .undecided ? .undecided : hold.needsPerson ? .needsPerson : .held)
        case .paused: return announce(.held)
        case .rollbackStarted(let cause):
            return announce(.rollingBack, cause.reading.map { ["\($0.check): \($0.reason)"] } ?? [])
        case .stuck: return announce(.needsPerson)
        case .rolledBack: return announce(.rolledBack)
        case .done: return announce(.done)
        // Nobody asked for it: it could not begin.
        case .cancelled: return by == RolloutMachine.automatic ? announce(.needsPerson) : nil
        default: return nil
        }
    }
}
