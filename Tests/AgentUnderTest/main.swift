import Agent
import Logging
import ServiceLifecycle
import UnixSignals
import Values

// An agent as a process of its own, for tests that kill it: agent-under-test SERVER HOST DATA [ADDRESS [QUOTA]] [no-groups] [join-token=TOKEN]
let arguments = CommandLine.arguments
guard arguments.count >= 4 else { fatalError("usage: agent-under-test SERVER HOST DATA [ADDRESS [QUOTA]]") }
var logger = Logger(label: "agent", factory: StreamLogHandler.standardError(label:))
logger.logLevel = .debug
let configuration = AgentConfiguration(
    server: arguments[1], host: arguments[2], address: arguments.count > 4 ? arguments[4] : "127.0.0.1",
    dataFolder: arguments[3],
    joinToken: arguments.first { $0.hasPrefix("join-token=") }.map { String($0.dropFirst(11)) },
    artefactQuota: arguments.count > 5 ? ByteSize(arguments[5]) ?? ByteSize(bytes: 0) : ByteSize(bytes: 5 << 30),
    usesGroups: !arguments.contains("no-groups"))
let group = ServiceGroup(
    services: [AgentService(configuration, logger: logger)], gracefulShutdownSignals: [.sigterm], logger: logger)
try await group.run()
