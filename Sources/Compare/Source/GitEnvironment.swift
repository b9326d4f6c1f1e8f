import Foundation

/// What git is told of the person who runs lastgood: the way to other machines, and nothing else.
///
/// A person's settings would change what is printed (`diff.noprefix`), found (`diff.renames`) and counted
/// (`diff.algorithm`), and the answers are read by a program.
/// Source: https://git-scm.com/docs/git#_environment_variables and https://git-scm.com/docs/git-config
enum GitEnvironment {
    /// Questions to a repository on this machine.
    case reading
    /// Clones and fetches, which need the user's credentials, proxies and names of hosts.
    case transfer

    func variables(_ own: [String: String]) -> [String: String] {
        let isTransfer = self == .transfer
        var result = own.filter { name, _ in
            guard name.hasPrefix("GIT_") else { return true }
            return Self.kept.contains(name) || isTransfer && Self.forTransfers.contains { name.hasPrefix($0) }
        }
        if !isTransfer {
            result["GIT_CONFIG_NOSYSTEM"] = "1"
            result["GIT_CONFIG_SYSTEM"] = "/dev/null"
            result["GIT_CONFIG_GLOBAL"] = "/dev/null"
            result["GIT_ATTR_NOSYSTEM"] = "1"
        }
        // No question to a person, and no language but the plain one.
        result["GIT_TERMINAL_PROMPT"] = "0"
        result["GIT_OPTIONAL_LOCKS"] = "0"
        result["LC_ALL"] = "C.UTF-8"
        return result
    }

    private static let kept: Set<String> = ["GIT_EXEC_PATH", "GIT_TEMPLATE_DIR"]
    private static let forTransfers = [
        "GIT_SSH", "GIT_ASKPASS", "GIT_SSL", "GIT_HTTP", "GIT_PROXY", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY", "GIT_CONFIG_VALUE", "GIT_ALLOW_PROTOCOL",
    ]

    /// The values that settings have where nobody sets them, against those that a repository has for itself; and what
    /// the user trusts, which is for nobody else to say.
    static let settings: [String] =
        [
            "core.quotePath=false", "core.attributesFile=/dev/null", "core.abbrev=auto",
            "core.fsmonitor=false", "diff.noprefix=false", "diff.mnemonicPrefix=false", "diff.algorithm=default",
            "diff.orderFile=/dev/null", "diff.context=3", "diff.interHunkContext=0", "diff.ignoreSubmodules=none",
            "diff.submodule=short", "diff.indentHeuristic=true", "diff.relative=false", "diff.renames=true",
            "diff.renameLimit=1000", "diff.suppressBlankEmpty=false", "diff.colorMoved=no",
            "log.showSignature=false", "log.showRoot=true", "log.follow=false",
            "log.date=default", "log.decorate=no", "log.abbrevCommit=false",
            "log.mailmap=true", "format.pretty=medium", "format.notes=false", "i18n.logOutputEncoding=UTF-8",
            "color.ui=false", "grep.patternType=default", "grep.extendedRegexp=false",
        ].flatMap { ["-c", $0] } + trusted

    /// Folders of others that the user trusts.
    private static let trusted: [String] = {
        let ways = [["--global"], ["--system"]].map { ["git", "config"] + $0 + ["-z", "--get-all", "safe.directory"] }
        return ways.flatMap { words -> [String] in
            // Git ends with 1 where nothing is set.
            guard let answer = try? Subprocess.run(words, environment: .transfer, deadline: .seconds(10)) else {
                return []
            }
            var fields = Fields(answer[...])
            var found: [String] = []
            while let folder = fields.text() { found += ["-c", "safe.directory=\(folder)"] }
            return found
        }
    }()
}
