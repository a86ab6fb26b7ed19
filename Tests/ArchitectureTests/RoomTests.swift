import Foundation
import Testing

/// The rooms of the house stay apart, as `docs/architecture.md` says.
@Suite struct RoomTests {
    let manifest: PackageManifest

    init() throws { manifest = try PackageManifest() }

    /// The rooms that decide, and do nothing.
    private static let pure = [
        "Values", "Documents", "EventStreams", "Flags", "Series", "PromQL", "QueryJSON", "Chunks", "MetricsFormats",
        "Rules", "Specs", "Statistics", "Verdicts", "Rollouts", "Rehearsal",
        "FlagSpecs", "Wire", "Scraping", "Targets",
        "Supervision", "Forwarding",
        "Simulation",
    ]

    /// Mathematics that the standard library lacks; nothing else of these modules is used there.
    private static let mathematics: Set = [
        "Sources/PromQL/Evaluation/Arithmetic.swift", "Sources/Statistics/Mathematics/Elementary.swift",
    ]

    /// Where a pure room's values are handed from thread to thread: atomics, which decide nothing.
    private static let sharing: Set = [
        "Sources/Flags/Snapshot/FlagCounters.swift",
        "Sources/Flags/Snapshot/FlagSnapshot.swift", "Sources/Flags/Snapshot/SnapshotCell.swift",
    ]

    @Test("the package is read as it is")
    func manifestIsRead() {
        #expect(manifest.pureRooms == RoomTests.pure)
        #expect(manifest.targets["Rollouts"] == ["Specs", "Values", "Verdicts"])
        #expect(manifest.targets["CZlib"] == [])
        #expect(SourceTree.sources.count > 200)
    }

    @Test("a pure room is built on pure rooms only, and imports nothing else")
    func pureRooms() {
        for room in RoomTests.pure {
            let allowed = manifest.targets[room] ?? []
            #expect(allowed.isSubset(of: RoomTests.pure), "\(room) is declared to depend on a room that does I/O")
            for file in SourceTree.sources where file.room == room {
                for (module, line) in file.imports where !allowed.contains(module) {
                    let isMathematics = RoomTests.mathematics.contains(file.path) && ["Glibc", "Musl"].contains(module)
                    let isSharing = RoomTests.sharing.contains(file.path) && module == "Synchronization"
                    #expect(isMathematics || isSharing, "\(file):\(line) imports \(module)")
                }
            }
        }
    }

    @Test("a pure room has no clock, no chance and no tasks of its own")
    func pureCode() {
        let clocks = [
            " Date(", "(Date(", "Date.now", "Clock.now", "Clock().now", "ContinuousClock", "SuspendingClock", " .now",
        ]
        let tasks = ["Task {", "Task.detached", "Task.sleep", "withTaskGroup", "SystemRandomNumberGenerator"]
        let lots = [".random(", ".randomElement(", ".shuffled(", ".shuffle("]
        for file in SourceTree.sources where RoomTests.pure.contains(file.room) {
            for (text, line) in file.code(holding: clocks) {
                Issue.record("\(file):\(line) reads a clock: \(text)")
            }
            for (text, line) in file.code(holding: tasks) {
                Issue.record("\(file):\(line) starts a task, waits, or draws lots: \(text)")
            }
            for (text, line) in file.code(holding: lots) {
                #expect(text.contains("using:"), "\(file):\(line) draws lots without a generator that was handed in")
            }
        }
    }

    @Test("a room imports only the rooms that Package.swift gives it")
    func declaredImports() {
        for file in SourceTree.sources {
            let allowed = manifest.targets[file.room] ?? []
            for (module, line) in file.imports where manifest.targets[module] != nil {
                #expect(allowed.contains(module), "\(file):\(line) imports \(module), which \(file.room) is not given")
            }
        }
    }

    @Test("every folder of Sources is a room, and every room is used")
    func everyFolderIsATarget() {
        let folders = SourceTree.folders(below: "Sources")
        for folder in folders { #expect(manifest.targets[folder] != nil, "Sources/\(folder) is no target") }
        let used = manifest.targets.values.reduce(into: Set(["halcyon", "HalcyonClient"])) { $0.formUnion($1) }
        for folder in folders { #expect(used.contains(folder), "nothing depends on \(folder)") }
    }

    @Test("the two directions that a surface and a driver must never take")
    func sideways() {
        let adapters: Set = [
            "Archives", "Artefacts", "MetricsStore", "Notifiers", "RemoteMetrics", "Runtimes", "StoreSQLite",
            "WebProbes",
        ]
        for adapter in adapters {
            #expect(manifest.targets[adapter]?.isDisjoint(with: adapters) == true, "\(adapter) uses another adapter")
        }
        let surfaces: Set = ["Web", "HTTPAPI", "RPCAPI", "CLI"]
        for surface in surfaces {
            let wrong = (manifest.targets[surface] ?? []).intersection(
                surfaces.union(adapters).union(["ControlPlane", "Agent"]))
            #expect(wrong.isEmpty, "\(surface) uses \(wrong.sorted())")
        }
    }
}
