import Foundation

/// Sends what was printed.
func flushOutput() { fflush(nil) }
