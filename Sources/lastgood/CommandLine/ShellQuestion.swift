import ArgumentParser
import Foundation

/// What a shell's completion script asks while somebody types, and the answer in that shell's words.
///
/// The first line of the answer is `words`, `files` or `folders`; `words` are followed by them, one a line.
struct ShellQuestion {
    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    /// What it begins with: no option that a command can have.
    static let mark = "---offer"

    /// A shell waits for the answer, and somebody for the shell; without one, nothing is offered.
    private static let longest = DispatchTimeInterval.seconds(1)

    private let shell: Shell
    private let words: [String]
    private let isQuoting: Bool
    /// How much of the word that is typed the shell keeps: for bash a word begins anew after `=` and `:`, see
    /// `COMP_WORDBREAKS` in bash(1).
    private let kept: Int

    /// - Parameter given: `---offer bash LINE WORD`, or `---offer zsh|fish WORD…`; words are as they are typed.
    /// - Returns: `nil` where it is no such question.
    init?(_ given: [String]) {
        guard given.count >= 3, given[0] == Self.mark, let shell = Shell(rawValue: given[1]) else { return nil }
        self.shell = shell
        guard shell == .bash else {
            words = given.dropFirst(2).map(TypedWords.meant)
            (isQuoting, kept) = (false, 0)
            return
        }
        let line = TypedWords(given[2])
        words = Array(line.words.dropFirst())
        isQuoting = line.isQuoting
        let replaced = given.count > 3 ? TypedWords.meant(given[3]).count : 0
        kept = max(0, (words.last ?? "").count - replaced)
    }

    /// Prints the answer, or nothing where it takes too long: a ledger may be locked, and a disk far away.
    func answer() throws {
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.longest) { _exit(0) }
        switch try Offers(words).kind {
        case .files: print("files")
        case .folders: print("folders")
        case .words(let offered): print((["words"] + offered.map(line)).joined(separator: "\n"))
        }
    }

    private func line(_ word: Offers.Word) -> String {
        switch shell {
        case .bash:
            let rest = String(word.text.dropFirst(kept))
            return isQuoting ? rest : Self.quoted(rest)
        case .zsh:
            let text = word.text.replacing("\\", with: "\\\\").replacing(":", with: "\\:")
            return word.meaning.map { "\(text):\($0)" } ?? text
        case .fish: return word.meaning.map { "\(word.text)\t\($0)" } ?? word.text
        }
    }

    /// With a backslash before what bash would take for something else.
    private static func quoted(_ text: String) -> String {
        String(text.flatMap { " \t'\"\\$`&|;<>()*?[]{}#~!".contains($0) ? ["\\", $0] : [$0] })
    }
}
