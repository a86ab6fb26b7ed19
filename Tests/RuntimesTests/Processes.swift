import Testing

/// What starts processes. One after another: a runtime collects its process's ended children, and another one's would be
/// among them.
@Suite(.serialized)
enum Processes {}
