public import ArgumentParser
public import Values
public import Wire

// Public, so that the program's other commands read the same words in the same way.

extension Role: ExpressibleByArgument {}
extension FlagImportRequest.Format: ExpressibleByArgument {}

extension Period: ExpressibleByArgument {
    /// Reads `90d`, `1h30m`; a number without a unit is refused.
    public init?(argument: String) {
        self.init(argument)
    }
}
