/// Redraws lines in place without flicker: the cursor goes up to the first line, and each line is written over and
/// cleared behind its end. The scroll-back stays as it was.
struct LivePicture: Sendable {
    private var shown: [String] = []
    private var size: TerminalSize?

    /// The text that makes a terminal of a size show `lines`; empty when it shows them already.
    mutating func draw(_ lines: [String], on size: TerminalSize) -> String {
        guard lines != shown || size != self.size else { return "" }
        var text = ""
        switch self.size {
        case nil: text += "\u{1B}[?25l"
        case size: if !shown.isEmpty { text += "\u{1B}[\(shown.count)A\r" }
        // After a change of size nobody knows where old lines are: start on a clean screen.
        default: text += "\u{1B}[H\u{1B}[2J"
        }
        for line in lines { text += line + "\u{1B}[K\n" }
        if lines.count < shown.count { text += "\u{1B}[J" }
        shown = lines
        self.size = size
        return text
    }

    /// The text that shows the cursor again; the last picture stays.
    mutating func end() -> String {
        guard size != nil else { return "" }
        size = nil
        shown = []
        return "\u{1B}[?25h"
    }
}
