import Model

extension Finding.Level {
    public var stateWord: StateWord {
        switch self {
        case .danger: .danger
        case .warning: .warning
        case .note: .note
        }
    }

    /// All as wide as the widest, for lists.
    public var padded: String { stateWord.description.padded(to: StateWord.warning.description.count) }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
