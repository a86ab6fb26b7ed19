import Glibc

// Groups cost the kernel memory for as long as they are there, used or not.
extension ControlGroups {
    /// A group of version 1 tells nobody whose it is: one that is younger than this, in seconds, may just be filled.
    private static let young = 600

    /// Gives the agent's own group back, unless an instance is in it.
    func giveBack() {
        for folder in folders { ControlGroups.removeEmpty(folder) }
    }

    /// Removes the empty groups of agents that live no more.
    func removeAbandoned() {
        for base in Set(folders.compactMap { $0.lastIndex(of: "/").map($0.prefix(upTo:)) }).map(String.init) {
            for other in ProcessFiles.folder(base) where isOfAgent(other) && other != name {
                // A living agent holds on to its own.
                guard let claim = GroupFiles.claim("\(base)/\(other)", LOCK_EX) else { continue }
                ControlGroups.removeEmpty("\(base)/\(other)")
                withExtendedLifetime(claim) {}
            }
        }
        for base in ControlGroups.legacyControllers.map({ "\(legacyRoot)/\($0)" }) {
            for other in ProcessFiles.folder(base) where isOfAgent(other) && !other.hasPrefix("\(name)-") {
                var status = stat()
                guard stat("\(base)/\(other)", &status) == 0, time(nil) - status.st_ctim.tv_sec > ControlGroups.young
                else { continue }
                rmdir("\(base)/\(other)")
            }
        }
    }

    private func isOfAgent(_ group: String) -> Bool { group.hasPrefix("halcyon-") && !group.contains(".") }

    /// The kernel refuses to remove a group that a process is in.
    private static func removeEmpty(_ folder: String) {
        for instance in ProcessFiles.folder(folder) { rmdir("\(folder)/\(instance)") }
        rmdir(folder)
    }
}

extension GroupFiles {
    /// Holds on to a group, until the descriptor is closed; `nil` when somebody else does.
    static func claim(_ group: String, _ lock: Int32) -> Descriptor? {
        let number = open(group, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let claim = Descriptor(number)
        return flock(number, lock | LOCK_NB) == 0 ? claim : nil
    }
}
