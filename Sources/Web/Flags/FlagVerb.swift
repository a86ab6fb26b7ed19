import FlagSpecs

/// Something that a person can do to a flag by a confirmation.
enum FlagVerb: String, CaseIterable, Sendable {
    case on
    case off
    case archive
    case unarchive
    case revert
    case copy
    case approve
    case reject
    case unschedule
    case endRamp = "end-ramp"

    /// On the button.
    var label: String {
        switch self {
        case .on: return "Turn on"
        case .off: return "Turn off"
        case .archive: return "Archive"
        case .unarchive: return "Bring back"
        case .revert: return "Revert"
        case .copy: return "Copy"
        case .approve: return "Approve"
        case .reject: return "Reject"
        case .unschedule: return "Cancel the schedule"
        case .endRamp: return "Stop the ramp"
        }
    }

    /// Says what will happen, before it does.
    var explanation: String {
        switch self {
        case .on: return "From now on the flag's rules answer every caller."
        case .off: return "From now on every caller gets the default that its own code names."
        case .archive:
            return "The flag is no longer served: callers get their own default. Its definition and history are kept."
        case .unarchive: return "The flag is served again, as it was when it was archived."
        case .revert: return "The flag becomes what it was then. Nothing is lost: the history keeps every state."
        case .copy: return "The flag becomes what it is here; its schedule and its ramp stay behind."
        case .approve: return "The proposed change is made at once."
        case .reject: return "The proposed change is not made."
        case .unschedule: return "None of the scheduled changes will be made."
        case .endRamp: return "The share stays where it is now."
        }
    }

    var isDangerous: Bool { [.off, .archive, .reject].contains(self) }

    /// The edit that it means; `nil` for what is no edit of one flag.
    var edit: FlagEdit? {
        switch self {
        case .on: return FlagEdit(.on)
        case .off: return FlagEdit(.off)
        case .archive: return FlagEdit(.archive)
        case .unarchive: return FlagEdit(.unarchive)
        case .unschedule: return FlagEdit(.unschedule)
        case .endRamp: return FlagEdit(.endRamp, keep: true)
        case .revert, .copy, .approve, .reject: return nil
        }
    }
}

/// What a form on a flag's page changes.
enum FlagForm: String, CaseIterable, Sendable {
    case targeting
    case rollout
    case describe
    case definition
}

/// What is said after something was done; an address cannot make a page say anything else.
enum FlagOutcome {
    static func words(_ done: String?) -> String? {
        switch done {
        case "on": return "Turned on. Every caller is answered by its rules from now on."
        case "off": return "Turned off. Every caller gets its own default from now on."
        case "archive": return "Archived. It is no longer served."
        case "unarchive": return "Brought back. It is served again."
        case "revert": return "Reverted."
        case "copy": return "Copied from the other environment."
        case "approve": return "Approved, and changed at once."
        case "reject": return "Rejected. Nothing was changed."
        case "unschedule": return "The scheduled changes were cancelled."
        case "end-ramp": return "The ramp was stopped. The share stays where it is."
        case "targeting", "rollout", "describe", "definition": return "Saved, and published to every caller."
        case "proposed": return "Proposed. The change is made once another person has approved it."
        case "unchanged": return "Nothing was changed: it was so already."
        default: return nil
        }
    }
}
