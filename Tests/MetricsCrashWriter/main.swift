import Glibc
import MetricsFormats
import MetricsStore
import Series

// Writes numbered samples into the metrics store named by its first argument until it is killed: four writers, each with batches of 50
// series; the numbers begin with the second argument. After each batch that was acknowledged it prints `WRITER NUMBER`. The options are
// small, so that checkpoints, blocks and compactions happen all the time.

/// Whole lines only, so that what the parent reads was truly acknowledged.
@Sendable func acknowledge(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
}

guard CommandLine.arguments.count == 3, let first = Int(CommandLine.arguments[2]) else {
    acknowledge("usage: MetricsCrashWriter STORE FIRST")
    exit(2)
}

var options = StoreOptions()
options.blockLength = 20_000
options.maximumBlockLength = 160_000
options.retentionAge = 0
options.checkpointBytes = 100_000
let store = try MetricsStore(path: CommandLine.arguments[1], options: options)
let tidier = Task.detached {
    while !Task.isCancelled {
        try? store.tidyNow()
        try await Task.sleep(for: .milliseconds(20))
    }
}
try await withThrowingTaskGroup(of: Void.self) { group in
    for writer in 0..<4 {
        group.addTask {
            for number in first..<first + 1_000_000 {
                var batch = IngestBatch()
                for series in 0..<50 {
                    let labels = Labels([
                        ("__name__", "written"), ("writer", "\(writer)"), ("series", "\(series)"),
                        // Series come and go.
                        ("generation", "\(series % 10 == 0 ? number / 40 : 0)"),
                    ])
                    batch.append(labels, time: Int64(number) * 1000, value: Double(number), start: Int64(first))
                }
                _ = try await store.write(batch)
                acknowledge("\(writer) \(number)")
            }
        }
    }
    try await group.waitForAll()
}
