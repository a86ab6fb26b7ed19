/// Halcyon's own release, the same in the server, the agents and the command line.
public enum Release {
    public static let current = "0.1.0"
}
