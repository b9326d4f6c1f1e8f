import Foundation

/// What asks a terminal to keep a text in its clipboard: OSC 52, as xterm's control sequences define it. Terminals that
/// do not know it, or do not allow it, pass over it.
/// - Parameter text: at the most 74,994 bytes are taken, which is what xterm and tmux take.
func clipboardSequence(_ text: String) -> String {
    "\u{1B}]52;c;\(Data(text.utf8.prefix(74_994)).base64EncodedString())\u{7}"
}
