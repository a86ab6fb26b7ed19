import Rollouts
import Verdicts
import Wire

// What each state looks like, in one table.

extension Sign {
    init(_ rollout: RolloutView) {
        if rollout.phase.isFinal || rollout.phase == .rollingBack {
            self.init(rollout.phase)
            if rollout.needsPerson, !rollout.phase.isFinal {
                self = Sign(shape: .hand, word: "Stuck", tone: .attention)
            }
        } else if rollout.pause != nil {
            self.init(shape: .pause, word: "Paused", tone: .attention)
        } else if let hold = rollout.hold {
            self.init(shape: .hand, word: "Held", tone: hold.needsPerson ? .attention : .idle)
        } else if rollout.phase == .waiting, rollout.needsPerson {
            self.init(shape: .hand, word: "Waiting for approval", tone: .attention)
        } else {
            self.init(rollout.phase)
        }
    }

    init(_ phase: Phase) {
        switch phase {
        case .queued: self.init(shape: .empty, word: "Queued", tone: .idle)
        case .waiting: self.init(shape: .clock, word: "Waiting", tone: .idle)
        case .moving: self.init(shape: .arrow, word: "Moving", tone: .busy)
        case .baking: self.init(shape: .half, word: "Baking", tone: .busy)
        case .watching: self.init(shape: .eye, word: "Watching", tone: .busy)
        case .rollingBack: self.init(shape: .back, word: "Rolling back", tone: .bad)
        case .done: self.init(shape: .check, word: "Done", tone: .good)
        case .rolledBack: self.init(shape: .returned, word: "Rolled back", tone: .bad)
        case .cancelled: self.init(shape: .cross, word: "Cancelled", tone: .idle)
        }
    }

    /// - Parameter ended: Whether the rollout has ended, so that nothing is still to come.
    init(_ wave: WaveView.State, ended: Bool = false) {
        switch wave {
        case .pending where ended, .waiting where ended: self.init(shape: .empty, word: "Not reached", tone: .idle)
        case .pending: self.init(shape: .empty, word: "Pending", tone: .idle)
        case .waiting: self.init(shape: .clock, word: "Waiting", tone: .attention)
        case .moving: self.init(shape: .arrow, word: "Moving", tone: .busy)
        case .baking: self.init(shape: .half, word: "Baking", tone: .busy)
        case .done: self.init(shape: .check, word: "Done", tone: .good)
        case .rollingBack: self.init(shape: .back, word: "Rolling back", tone: .bad)
        case .rolledBack: self.init(shape: .returned, word: "Rolled back", tone: .bad)
        }
    }

    init(_ contact: Contact) {
        switch contact {
        case .connected: self.init(shape: .dot, word: "Connected", tone: .idle)
        case .unknown: self.init(shape: .question, word: "Unknown", tone: .attention)
        case .expected: self.init(shape: .empty, word: "Expected", tone: .idle)
        }
    }

    init(_ verdict: Verdict) {
        switch verdict {
        case .pass: self.init(shape: .check, word: "Pass", tone: .good)
        case .fail: self.init(shape: .cross, word: "Fail", tone: .bad)
        case .undecided: self.init(shape: .empty, word: "Undecided", tone: .idle)
        }
    }

    init(_ report: ServiceReport) {
        switch report.state {
        case .absent: self.init(shape: .empty, word: "Absent", tone: .idle)
        case .downloading: self.init(shape: .arrow, word: "Downloading", tone: .busy)
        case .starting: self.init(shape: .half, word: "Starting", tone: .busy)
        case .running where report.ready: self.init(shape: .check, word: "Ready", tone: .good)
        case .running: self.init(shape: .half, word: "Not ready", tone: .attention)
        case .handingOver: self.init(shape: .arrow, word: "Handing over", tone: .busy)
        case .stopping: self.init(shape: .half, word: "Stopping", tone: .idle)
        case .restarting: self.init(shape: .clock, word: "Restarting", tone: .attention)
        case .failed: self.init(shape: .cross, word: "Failed", tone: .bad)
        }
    }
}
