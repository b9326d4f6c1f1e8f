import Foundation
import Terminal

/// Text that is shown again in the same place, without a screen of its own: what scrolled by stays.
enum Redrawing {
    /// The size of the terminal on standard output.
    static var size: Size {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else {
            return Size(width: 80, height: 24)
        }
        return Size(width: Int(size.ws_col), height: Int(size.ws_row))
    }

    /// What puts the text at the top of the terminal: each line over the one before, the rest cleared, nothing blank in
    /// between. What does not fit in height is told as a number; what does not in width is cut, so that no line takes two.
    static func frame(_ text: String, _ size: Size) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { String($0) }
        if lines.count >= size.height {
            let hidden = lines.count - size.height + 2
            lines = lines.prefix(max(0, size.height - 2)) + ["… \(hidden) more"]
        }
        return "\u{1B}[H" + lines.map { cut($0, to: size.width) + "\u{1B}[K\r\n" }.joined() + "\u{1B}[J"
    }

    private static func cut(_ line: String, to width: Int) -> String {
        guard columns(of: line) > width else { return line }
        var result = ""
        var used = 0
        for character in line {
            used += columns(of: String(character))
            if used >= width { break }
            result.append(character)
        }
        return result + "…"
    }
}
