import Glibc
import MetricsStore
import Series

// The metrics store by itself, under a remote-write load or after a restart.
//   metrics-store serve FOLDER PORT     takes POST of remote write 1.0; GET /figures, POST /flush
//   metrics-store measure FOLDER SERIES STEPS   a fleet's samples, 15 s apart, without HTTP
//   metrics-store restart FOLDER        opens the store and asks for the newest samples of all series

signal(SIGPIPE, SIG_IGN)
let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    print("usage: metrics-store serve FOLDER PORT | measure FOLDER SERIES STEPS | restart FOLDER")
    exit(2)
}

var options = StoreOptions()
options.retentionAge = 0
options.lateWindow = 365 * 86_400_000
let begin = seconds()
let store = try MetricsStore(path: arguments[2], options: options)
let opened = seconds() - begin

switch arguments[1] {
case "serve":
    let server = try Server(store, port: UInt16(arguments[3]) ?? 0)
    print("{\"series\":\(store.recovery.series),\"opened_s\":\(opened)}")
    fflush(nil)
    server.run()
case "measure" where arguments.count == 5:
    try measure(store, series: Int(arguments[3]) ?? 12_000, steps: Int(arguments[4]) ?? 120)
    // As after a crash: nothing is written down at the end.
    exit(0)
default:
    let (series, samples) = try newest(store)
    print(
        "{\"series\":\(series),\"samples\":\(samples),\"records\":\(store.recovery.records),\"opened_s\":\(opened),"
            + "\"first_query_s\":\(seconds() - begin),\"cpu_s\":\(processSeconds()),\"problems\":\(store.recovery.problems.count)}"
    )
    store.close()
}

/// Reads what every series has in the newest five minutes.
func newest(_ store: MetricsStore) throws -> (series: Int, samples: Int) {
    let through = store.newestTime
    let found = try store.selection(
        SelectRequest(matchers: [LabelMatcher("service", .matches, ".+")], after: through - 300_000, through: through))
    var buffer = SampleBuffer()
    var samples = 0
    for index in 0..<found.count {
        buffer.removeAll()
        try found.read(index, into: &buffer)
        samples += buffer.count
    }
    return (found.count, samples)
}

func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// User and system time of this process.
func processSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
