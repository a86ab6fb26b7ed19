import FoundationEssentials
import Glibc

/// Reads JSON state; what cannot be read is kept for a person, under another name, and the agent goes on without it.
public enum StateFile {
    /// - Parameter setAside: gets a sentence for each file that was set aside.
    public static func read<Value: Decodable>(
        _ type: Value.Type, from path: String, setAside: inout [String]
    ) -> Value? {
        do {
            guard let bytes = try AtomicFile.read(path) else { return nil }
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            let kept = "\(path).unreadable"
            rename(path, kept)
            setAside.append("\(path) could not be read and was set aside as \(kept)")
            return nil
        }
    }
}
