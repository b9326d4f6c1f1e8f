import Foundation
import TestSupport

/// A real shell in a pseudo-terminal that has loaded the completion script, and somebody who types.
struct TypingBench {
    enum Shell: String, CaseIterable { case bash, zsh, fish }

    static let hasShells = Shell.allCases.map(\.rawValue).allSatisfy(hasProgram)

    let commands: CommandBench
    private let shell: Shell

    /// - Throws: where the shell cannot be prepared.
    init(_ shell: Shell, _ commands: CommandBench) throws {
        self.shell = shell
        self.commands = commands
        try Self.typing.write(toFile: "\(commands.bench.path)/type.py", atomically: true, encoding: .utf8)
        try commands.bench.shell(
            """
            mkdir -p bin functions
            ln -sf \(commands.binary) bin/lastgood
            \(commands.binary) completion \(shell.rawValue) > functions/_lastgood
            cat > bashrc <<'END'
            PS1='ready> '
            source functions/_lastgood
            tell() { printf '%s' "$READLINE_LINE" > line.part; mv line.part line; }
            bind -x '"\\C-xw": tell'
            END
            cat > .zshrc <<'END'
            PS1='ready> '
            fpath=($PWD/functions $fpath)
            autoload -Uz compinit && compinit -u -D
            zle -C everything complete-word _generic
            zstyle ':completion:everything:*' completer _all_matches _complete
            zstyle ':completion:everything:*' insert yes
            bindkey -e
            bindkey '\\e*' everything
            tell() { print -rn -- "$BUFFER" > line.part; mv line.part line }
            zle -N tell
            bindkey '^Xw' tell
            END
            """)
    }

    /// Waits for what is seen, never for a time; what does not come within a minute fails.
    private static let typing = """
        import os, pty, select, signal, sys, time
        words = {"bash": ["bash", "--noprofile", "--rcfile", "bashrc", "-i"], "zsh": ["zsh", "-d", "-i"]}[sys.argv[1]]
        child, terminal = pty.fork()
        if child == 0:
            os.environ.update(TERM="xterm", LC_ALL="C.UTF-8", ZDOTDIR=os.getcwd())
            os.execvp(words[0], words)
        screen = b""
        end = time.monotonic() + 60
        def wait(isThere, what):
            global screen
            while not isThere():
                if time.monotonic() > end: sys.exit(f"no {what}: {screen!r}")
                if select.select([terminal], [], [], 0.02)[0]: screen += os.read(terminal, 65536)
        try:
            wait(lambda: b"ready> " in screen, "prompt")
            start = len(screen)
            for keys in open("keys", "rb").read().splitlines():
                # The line as it became is told, and then emptied.
                os.write(terminal, keys + b"\\x18w")
                wait(lambda: os.path.exists("line"), "line")
                sys.stdout.buffer.write(open("line", "rb").read() + b"\\n")
                os.remove("line")
                os.write(terminal, b"\\x15")
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        open("screen", "wb").write(screen[start:])
        """

    /// What the shell offers at the end of each line, value after value: without what stands before it in the same word.
    func offered(_ lines: [String]) throws -> [[String]] {
        guard shell != .fish else { return try fish(lines).map { $0.map(Self.value) } }
        // Both shells put all that is offered in the place of what was typed.
        return try zip(lines, pressed(lines.map { $0 + "\u{1B}*" })).map { line, after in
            after == line ? [] : after.dropFirst(Self.start(line).count).split(separator: " ").map(Self.value)
        }
    }

    func offered(_ line: String) throws -> [String] { try offered([line])[0] }

    /// Each line after the key that completes it.
    func completed(_ lines: [String]) throws -> [String] {
        guard shell == .fish else { return try pressed(lines.map { $0 + "\t" }) }
        return try zip(lines, fish(lines)).map { line, offers in
            offers.count == 1 ? Self.start(line) + offers[0] + (offers[0].hasSuffix("/") ? "" : " ") : line
        }
    }

    /// What was on the screen from the first key on.
    func screen() throws -> String {
        try String(contentsOfFile: "\(commands.bench.path)/screen", encoding: .utf8)
    }

    /// A line without its last word.
    private static func start(_ line: String) -> String {
        String(line.reversed().drop { $0 != " " }.reversed())
    }

    private static func value(_ word: some StringProtocol) -> String {
        String(word.split(separator: "=").last ?? "")
    }

    private func run(_ script: String, _ lines: [String]) throws -> String {
        let keys = lines.map { $0 + "\n" }.joined()
        try keys.write(toFile: "\(commands.bench.path)/keys", atomically: true, encoding: .utf8)
        let place = "export PATH=\"$PWD/bin:$PATH\" XDG_CONFIG_HOME=\"$PWD/home\" LC_ALL=C.UTF-8; "
        return String(decoding: try commands.bench.shell(place + script), as: UTF8.self)
    }

    private func pressed(_ lines: [String]) throws -> [String] {
        try run("python3 type.py \(shell.rawValue)", lines).split(separator: "\n").map(String.init)
    }

    /// fish tells by itself what it would offer, each with its meaning after a tab.
    private func fish(_ lines: [String]) throws -> [[String]] {
        let script = "source functions/_lastgood; while read -l line; complete -C $line; echo =; end < keys"
        let text = try run("HOME=$PWD timeout 60 fish --no-config -c '\(script)' 2> screen", lines)
        return text.split(separator: "=\n", omittingEmptySubsequences: false).dropLast().map { offers in
            offers.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
        }
    }
}
