import Foundation

/// Text that is shown again in the same place, without a screen of its own: what scrolled by stays.
enum Redrawing {
    /// The rows of the terminal on standard output.
    static var height: Int {
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 ? Int(size.ws_row) : 24
    }

    /// What puts the text at the top of the terminal: each line over the one before, the rest cleared, nothing blank in
    /// between. What does not fit is told as a number.
    static func frame(_ text: String, height: Int) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        if lines.count >= height {
            let hidden = lines.count - height + 2
            lines = lines.prefix(max(0, height - 2)) + ["… \(hidden) more"]
        }
        return "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\r\n" }.joined() + "\u{1B}[J"
    }
}
