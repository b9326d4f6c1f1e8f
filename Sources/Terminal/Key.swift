/// What came from the keyboard or the mouse.
public enum Key: Hashable, Sendable {
    case character(Character)
    case enter, escape, backspace, delete, tab, backTab
    case up, down, left, right, pageUp, pageDown, home, end
    case control(Character)
    case click(x: Int, y: Int)
    case doubleClick(x: Int, y: Int)
    case wheelUp, wheelDown
    /// Text that came at once from the clipboard: never taken for keys.
    case paste(String)

    public var isPaste: Bool { if case .paste = self { true } else { false } }
}
