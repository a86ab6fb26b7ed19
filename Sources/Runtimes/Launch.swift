import CHost
import Glibc
import Specs
import Supervision
import Values
public import Wire

/// Why a process could not be started, as the server is told.
public struct StartFailure: Error, Hashable, Sendable {
    public var step: FailureReport.Step
    public var message: String

    init(_ step: FailureReport.Step, _ message: String) {
        self.step = step
        self.message = message
    }
}

/// Everything about a start that is decided before the fork: the program, its arguments and its environment.
struct Launch {
    var program: String
    var arguments: [String]
    var environment: [String: String]
    var directory: String
    var account: Account?

    /// - Parameters:
    ///   - values: what `${NAME}` stands for.
    ///   - account: whom it runs as; `nil` for the agent.
    init(
        run: RunSpec, artefact: String, values: [String: String], environment: [String: String], account: Account?
    ) throws(StartFailure) {
        let command = run.command.map { substitute(values, in: $0) }
        guard let first = command.first, !first.isEmpty else {
            throw StartFailure(.start, "run.command is empty; name the program to start")
        }
        program = try Launch.find(first, in: artefact)
        arguments = command
        directory = artefact
        self.account = account
        self.environment = run.environment.mapValues { substitute(values, in: $0) }
        self.environment.merge(environment) { _, own in own }
    }

    private static func find(_ name: String, in artefact: String) throws(StartFailure) -> String {
        if name.hasPrefix("/") { return try executable(name, called: name, in: artefact) }
        let inside = "\(artefact)/\(name)"
        if name.contains("/") || access(inside, F_OK) == 0 { return try executable(inside, called: name, in: artefact) }
        for folder in searchPath where access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
        throw StartFailure(
            .start, "\(name) is neither in the artefact nor in the agent's PATH; \(contents(artefact, name))")
    }

    private static func executable(_ path: String, called name: String, in artefact: String) throws(StartFailure)
        -> String
    {
        guard access(path, F_OK) == 0 else {
            throw StartFailure(.start, "\(name) does not exist in the artefact; \(contents(artefact, name))")
        }
        guard access(path, X_OK) == 0 else {
            throw StartFailure(.start, "\(name) is not executable; set its executable bit before it is packed")
        }
        return path
    }

    /// What is there instead, for a person who mistyped.
    private static func contents(_ artefact: String, _ name: String) -> String {
        let names = ProcessFiles.folder(artefact).sorted()
        let wanted = name.split(separator: "/").last.map(String.init) ?? name
        if let near = nearest(to: wanted, among: names) { return "did you mean ./\(near)?" }
        let shown = names.prefix(8).joined(separator: ", ")
        return names.isEmpty ? "it is empty" : "it holds \(shown)\(names.count > 8 ? ", …" : "")"
    }

    private static var searchPath: [String] {
        (getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
            .map(String.init)
    }

    /// Variables of the agent's own that every program gets. Nothing else: the agent's may hold secrets.
    static var inherited: [String: String] {
        var variables: [String: String] = [:]
        for name in ["PATH", "HOME", "LANG", "TZ"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return variables
    }

    /// Forks and runs it.
    func run(log: Descriptor, passing: [Descriptor], groups: [Descriptor]) throws(StartFailure) -> (
        pid: Int32, handle: Descriptor
    ) {
        var variables = environment
        // The child writes its own pid over these blanks: nobody can know it before the fork.
        variables["LISTEN_PID"] = nil
        let blank = "LISTEN_PID=" + String(repeating: " ", count: 15)
        let names = variables.keys.sorted().map { "\($0)=\(variables[$0] ?? "")" }
        let lines = names + (variables["LISTEN_FDS"] == nil ? [] : [blank])
        let started = withCStrings(arguments) { arguments in
            withCStrings(lines) { environment in
                start(arguments, environment, lines, log: log, passing: passing, groups: groups)
            }
        }
        guard started.step == Int32(CHOST_STEP_NONE.rawValue) else { throw explain(started) }
        return (started.pid, Descriptor(started.pidfd))
    }

    private func start(
        _ arguments: [UnsafeMutablePointer<CChar>?], _ environment: [UnsafeMutablePointer<CChar>?], _ lines: [String],
        log: Descriptor, passing: [Descriptor], groups: [Descriptor]
    ) -> chost_started {
        let slot = lines.last?.hasPrefix("LISTEN_PID=") == true ? environment[lines.count - 1]?.advanced(by: 11) : nil
        let passed = passing.map(\.number)
        let joined = groups.map(\.number)
        return program.withCString { program in
            directory.withCString { directory in
                passed.withUnsafeBufferPointer { passed in
                    joined.withUnsafeBufferPointer { joined in
                        arguments.withUnsafeBufferPointer { arguments in
                            environment.withUnsafeBufferPointer { environment in
                                var order = chost_start()
                                order.path = program
                                order.arguments = arguments.baseAddress
                                order.environment = environment.baseAddress
                                order.listen_pid = slot
                                order.directory = directory
                                order.log = log.number
                                order.passed = passed.baseAddress
                                order.passed_count = Int32(passed.count)
                                order.groups = joined.baseAddress
                                order.groups_count = Int32(joined.count)
                                return start(&order)
                            }
                        }
                    }
                }
            }
        }
    }

    /// As the account, where there is one.
    private func start(_ order: inout chost_start) -> chost_started {
        guard let account else { return chost_start(&order) }
        return account.groups.withUnsafeBufferPointer { groups in
            var user = chost_user(
                user: account.user, group: account.group, groups: groups.baseAddress, groups_count: groups.count)
            return withUnsafePointer(to: &user) { user in
                order.user = user
                return chost_start(&order)
            }
        }
    }

    private func explain(_ started: chost_started) -> StartFailure {
        let reason = String(cString: strerror(started.error))
        switch UInt32(bitPattern: started.step) {
        case CHOST_STEP_GROUP.rawValue: return StartFailure(.start, "joining its control group: \(reason)")
        case CHOST_STEP_FILES.rawValue: return StartFailure(.start, "placing its descriptors: \(reason)")
        case CHOST_STEP_USER.rawValue:
            return StartFailure(.start, "run.user '\(account?.name ?? "")': becoming that user: \(reason)")
        case CHOST_STEP_DIRECTORY.rawValue where started.error == EACCES && account != nil:
            return StartFailure(
                .start,
                "run.user '\(account?.name ?? "")': that user may not enter \(directory); give the agent a --data folder that "
                    + "everybody may enter, for example /var/lib/halcyon-agent")
        case CHOST_STEP_DIRECTORY.rawValue: return StartFailure(.start, "entering \(directory): \(reason)")
        case CHOST_STEP_EXEC.rawValue where started.error == ENOENT:
            return StartFailure(.start, "\(program): its interpreter or a part of it does not exist on this host")
        case CHOST_STEP_EXEC.rawValue where started.error == ENOEXEC:
            return StartFailure(.start, "\(program) is no program for this host (a script starts with #!)")
        case CHOST_STEP_EXEC.rawValue: return StartFailure(.start, "running \(program): \(reason)")
        default: return StartFailure(.start, "making a process: \(reason)")
        }
    }
}

/// Replaces `${NAME}` for the names that are known.
func substitute(_ values: [String: String], in text: String) -> String {
    var result = ""
    var rest = Substring(text)
    while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
        result += rest[..<start.lowerBound]
        let name = String(rest[start.upperBound..<end])
        result += values[name] ?? "${\(name)}"
        rest = rest[rest.index(after: end)...]
    }
    return result + rest
}

/// C strings, ending with a null pointer, for the time of a call.
private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let pointers = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers)
}
