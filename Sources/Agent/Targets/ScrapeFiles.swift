import Documents
import Formats
import Glibc
import Runtimes
import Targets
import Values

/// The file that says what is scraped beside services, and the files of targets that it names. What was read last stays while a
/// file is broken.
struct ScrapeFiles {
    /// What the last look at the files brought.
    struct News {
        /// Something else may be scraped now.
        var isChanged = false
        /// Why a file could not be used; empty when all is well.
        var problems: [String] = []
        var warnings: [String] = []
        /// Something was read, well or not.
        var isRead = false
    }

    let path: String
    private(set) var configuration = ScrapeConfiguration()
    /// Why the configuration on the disk is not the one that is used.
    private(set) var problem: String?
    private var groups: [String: [TargetGroup]] = [:]
    private var problems: [String: String] = [:]
    private var taken: [FileStamp: Period] = [:]
    private var seen: Set<FileStamp> = []
    private var takenConfiguration: FileStamp?

    init(path: String) { self.path = path }

    var folder: String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    func absolute(_ path: String) -> String {
        path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
    }

    /// All groups of a job's targets, those from files with `__meta_filepath`.
    func groups(of job: ScrapeJob) -> [TargetGroup] {
        job.groups
            + job.discoveries.flatMap { discovery in
                paths(discovery).flatMap { path in
                    (groups[path] ?? []).map { group in
                        TargetGroup(
                            targets: group.targets,
                            labels: group.labels.merging(["__meta_filepath": path]) { _, new in new })
                    }
                }
            }
    }

    /// Reads what has changed.
    ///
    /// - Parameters:
    ///   - all: also what has not.
    ///   - waits: a file that changed this very moment may be half written: it is read when it rests.
    mutating func look(at now: Period, all: Bool, waits: Bool = true) -> News {
        var news = News()
        let stamp = FileStamp(path)
        var present: Set = [stamp]
        if all || stamp != takenConfiguration, !waits || seen.contains(stamp) {
            takenConfiguration = stamp
            readConfiguration(&news)
        }
        var found: Set<String> = []
        for discovery in configuration.jobs.flatMap(\.discoveries) {
            for path in paths(discovery) where found.insert(path).inserted {
                let stamp = FileStamp(path)
                present.insert(stamp)
                let isDue = taken[stamp].map { now - $0 >= discovery.refresh } ?? (!waits || seen.contains(stamp))
                if all || isDue { readGroups(path, stamp, now, &news) }
            }
        }
        for path in groups.keys where !found.contains(path) {
            (groups[path], problems[path]) = (nil, nil)
            news.isChanged = true
        }
        taken = taken.filter { present.contains($0.key) }
        seen = present
        news.problems = [problem].compactMap { $0 } + problems.sorted { $0.key < $1.key }.map(\.value)
        return news
    }

    private func paths(_ discovery: FileDiscovery) -> [String] {
        discovery.patterns.flatMap { files(matching: absolute($0)) }
    }

    private mutating func readConfiguration(_ news: inout News) {
        news.isRead = true
        do throws(Unusable) {
            let (read, warnings) = try ScrapeFiles.read(path) { readScrapeConfiguration($0, file: path) }
            (configuration, problem) = (read, nil)
            news.warnings += warnings
            news.isChanged = true
        } catch {
            problem = error.words
        }
    }

    private mutating func readGroups(_ path: String, _ stamp: FileStamp, _ now: Period, _ news: inout News) {
        let isFresh = taken[stamp] == nil
        taken[stamp] = now
        do throws(Unusable) {
            let (read, _) = try ScrapeFiles.read(path) { readTargetGroups($0, file: path) }
            problems[path] = nil
            news.isRead = news.isRead || isFresh
            guard read != groups[path] else { return }
            groups[path] = read
            news.isChanged = true
        } catch {
            news.isRead = news.isRead || isFresh
            problems[path] = error.words
            // Known, though nothing is known of it.
            if groups[path] == nil { groups[path] = [] }
        }
    }

    private struct Unusable: Error { var words: String }

    private static func read<Value>(
        _ path: String, _ take: (Node) -> (Value, issues: [DocumentIssue])
    ) throws(Unusable) -> (Value, warnings: [String]) {
        var bytes: [UInt8]?
        do { bytes = try AtomicFile.read(path) } catch { throw Unusable(words: "\(path) cannot be read: \(error)") }
        guard let bytes else { throw Unusable(words: "\(path) is not there") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Unusable(words: "\(path) is not UTF-8")
        }
        let (nodes, issues) = readDocuments(text, file: path)
        if let words = ScrapeFiles.words(issues.errors) { throw Unusable(words: words) }
        guard let node = nodes.first else { throw Unusable(words: "\(path) is empty") }
        let (value, wrong) = take(node)
        if let words = ScrapeFiles.words(wrong.errors) { throw Unusable(words: words) }
        return (value, wrong.warnings.map(\.description))
    }

    private static func words(_ errors: [DocumentIssue]) -> String? {
        guard !errors.isEmpty else { return nil }
        let rest = errors.count > 5 ? "\nand \(errors.count - 5) more" : ""
        return errors.prefix(5).map(\.description).joined(separator: "\n") + rest
    }
}
