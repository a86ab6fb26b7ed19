import Glibc
import Specs
import Values
import Wire

/// The user of this host that an instance runs as.
struct Account: Hashable {
    var name: String
    var user: uid_t
    var group: gid_t
    /// All groups, looked up before the fork.
    var groups: [gid_t]
    var home: String

    /// Looks up `run.user` and `run.group`.
    ///
    /// - Parameter own: the user that the agent runs as.
    /// - Returns: `nil` when the agent is that user already, or when nobody else is asked for.
    /// - Throws: when the host does not know them, or when the agent may not start a process as somebody else.
    static func wanted(by run: RunSpec, host: String, agent own: uid_t = geteuid()) throws(StartFailure) -> Account? {
        guard let name = run.user else { return nil }
        guard let entry = getpwnam(name) else { throw unknown("user", name, host, names(in: "/etc/passwd")) }
        let (user, home) = (entry.pointee.pw_uid, String(cString: entry.pointee.pw_dir))
        var group = entry.pointee.pw_gid
        if let wanted = run.group {
            guard let entry = getgrnam(wanted) else { throw unknown("group", wanted, host, names(in: "/etc/group")) }
            group = entry.pointee.gr_gid
        }
        guard own == 0 else {
            if user == own, run.group == nil || group == getegid() { return nil }
            let name = getpwuid(own).map { String(cString: $0.pointee.pw_name) } ?? "user \(own)"
            let field = user == own ? "run.group '\(run.group ?? "")'" : "run.user '\(run.user ?? "")'"
            throw StartFailure(
                .start,
                "\(field): the agent of host \(host) runs as \(name), and only root may start a service as somebody else; "
                    + "run the agent as root, or remove the field")
        }
        return Account(name: name, user: user, group: group, groups: groups(of: name, with: group), home: home)
    }

    /// Whose files the instance's own are to be. Nothing happens when the agent may not give them away.
    func own(_ descriptor: Descriptor) { _ = fchown(descriptor.number, user, group) }

    private static func groups(of name: String, with group: gid_t) -> [gid_t] {
        var count = Int32(64)
        var groups = [gid_t](repeating: 0, count: Int(count))
        if getgrouplist(name, group, &groups, &count) < 0 {
            groups = [gid_t](repeating: 0, count: Int(count))
            getgrouplist(name, group, &groups, &count)
        }
        return Array(groups.prefix(Int(max(0, count))))
    }

    private static func unknown(_ kind: String, _ name: String, _ host: String, _ known: [String]) -> StartFailure {
        let near = nearest(to: name, among: known).map { "did you mean \($0)? Otherwise" } ?? "Either"
        return StartFailure(
            .start,
            "run.\(kind) '\(name)': host \(host) has no such \(kind); \(near) make it there, or correct run.\(kind)")
    }

    private static func names(in file: String) -> [String] {
        String(decoding: ((try? AtomicFile.read(file)) ?? nil) ?? [], as: UTF8.self).split(separator: "\n")
            .compactMap { $0.split(separator: ":").first.map(String.init) }
    }
}
