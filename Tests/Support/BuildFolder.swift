import FoundationEssentials

/// The folder that the tests were built into, with the programs.
package let buildFolder: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return own.split(separator: "/").dropLast().reduce(into: "") { $0 += "/\($1)" }
}()
