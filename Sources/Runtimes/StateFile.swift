import FoundationEssentials
import Glibc

/// A file of state that could not be read, and is kept for a person under another name.
public struct SetAside: Hashable, Sendable, CustomStringConvertible {
    public var path: String
    public var kept: String

    public var description: String {
        "\(path) could not be read and was set aside as \(kept); when nobody needs that any more, remove it"
    }
}

/// Reads JSON state; what cannot be read is kept for a person, under another name, and the agent goes on without it.
public enum StateFile {
    /// - Parameter setAside: gets each file that was set aside.
    public static func read<Value: Decodable>(
        _ type: Value.Type, from path: String, setAside: inout [SetAside]
    ) -> Value? {
        do {
            guard let bytes = try AtomicFile.read(path) else { return nil }
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            let kept = "\(path).unreadable"
            rename(path, kept)
            setAside.append(SetAside(path: path, kept: kept))
            return nil
        }
    }
}
