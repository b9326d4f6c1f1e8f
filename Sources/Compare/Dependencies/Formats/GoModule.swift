import Foundation

/// `go.mod`: what it requires; `// indirect` marks what only others need. Checksums come from the `go.sum` beside it.
///
/// A workspace (`go.work`) replaces modules and asks for a version of Go in the same way.
///
/// Source: https://go.dev/ref/mod#go-mod-file, https://go.dev/ref/mod#workspaces; `go` and `toolchain`: https://go.dev/doc/toolchain.
/// A module's path says where it comes from, see https://go.dev/ref/mod#vcs-find; where another module or a folder stands
/// in for it, see https://go.dev/ref/mod#go-mod-file-replace, it comes from there.
enum GoModule: DependencyFormat {
    static let namesOthers = true

    static func matches(_ name: Substring) -> Bool { name == "go.mod" || name == "go.work" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents { contents(bytes, [:]) }

    static func read(_ bytes: [UInt8], at path: String, beside: Neighbours) throws(FormatError) -> ListContents {
        let sums =
            beside.bytes(path.hasSuffix("go.work") ? "\(path).sum" : "\(path.dropLast(3))sum").map(GoSums.sums) ?? [:]
        return contents(bytes, sums)
    }

    private struct Replacement {
        var path: String
        var version: String?
        var by: [String]

        /// A folder has no version; another module, or the same one, has.
        var isFolder: Bool { by.count == 1 }
        var versionOfOther: String { by.count > 1 ? by[1] : by[0] }
    }

    /// Directives that name no package that is needed to build.
    private static let silent: Set<String> = ["module", "exclude", "retract", "godebug", "tool", "ignore", "use"]

    private static func contents(_ bytes: [UInt8], _ sums: [String: Checksum]) -> ListContents {
        var packages: [Package] = []
        var replacements: [Replacement] = []
        var unread: [(Int, Substring)] = []
        for (number, line, directive, words, isIndirect) in lines(bytes) {
            switch directive {
            case "require" where words.count >= 2:
                packages.append(
                    Package(
                        words[0], words[1], .go, isIndirect ? .transitive : .direct, origin: Origin(.module, words[0]),
                        checksums: Set(sums["\(words[0]) \(words[1])"].map { [$0] } ?? [])))
            case "replace":
                guard let arrow = words.firstIndex(of: "=>"), arrow >= 1, arrow + 1 < words.count else {
                    unread.append((number, line))
                    continue
                }
                let by = Array(words[(arrow + 1)...].prefix(2))
                replacements.append(Replacement(path: words[0], version: arrow > 1 ? words[1] : nil, by: by))
            case "go", "toolchain":
                // `toolchain go1.22.1`
                guard let word = words.first else { continue }
                packages.append(Package(directive, word.hasPrefix("go") ? String(word.dropFirst(2)) : word, .go))
            case _ where silent.contains(directive): break
            default: unread.append((number, line))
            }
        }
        var result = ListContents(packages: replaced(packages, replacements, sums))
        result.leaveOut(lines: unread)
        return result
    }

    private static func replaced(
        _ packages: [Package], _ replacements: [Replacement], _ sums: [String: Checksum]
    ) -> [Package] {
        var packages = packages
        var unused = replacements
        for index in packages.indices {
            let package = packages[index]
            func fits(_ one: Replacement) -> Bool {
                one.path == package.name && (one.version == nil || one.version == package.version)
            }
            // One that names the version outranks one that does not.
            let found = replacements.last { fits($0) && $0.version != nil } ?? replacements.last(where: fits)
            guard let found else { continue }
            unused.removeAll(where: fits)
            replace(&packages[index], by: found, sums)
        }
        // Before Go 1.17 what only others need was not listed, but could be replaced.
        for one in unused where one.version == nil {
            var package = Package(one.path, "", .go, .transitive)
            replace(&package, by: one, sums)
            packages.append(package)
        }
        return packages
    }

    private static func replace(_ package: inout Package, by found: Replacement, _ sums: [String: Checksum]) {
        package.version = found.versionOfOther
        package.origin = Origin(found.isFolder ? .path : .module, found.by[0])
        package.checksums = Set(sums[found.by.joined(separator: " ")].map { [$0] } ?? [])
    }

    /// Each line with the directive that it belongs to, without blocks and comments.
    private static func lines(
        _ bytes: [UInt8]
    ) -> [(number: Int, text: Substring, directive: String, words: [String], isIndirect: Bool)] {
        var result: [(Int, Substring, String, [String], Bool)] = []
        var block = ""
        for (number, line) in ListText.lines(bytes) {
            let comment = line.range(of: "//")
            var words = line[..<(comment?.lowerBound ?? line.endIndex)].split { $0 == " " || $0 == "\t" }
            guard let first = words.first else { continue }
            if first == ")" {
                block = ""
                continue
            }
            if block.isEmpty {
                words.removeFirst()
                if words.first == "(" || first.hasSuffix("(") {
                    block = String(first.prefix { $0 != "(" })
                    continue
                }
            }
            let isIndirect = comment.map { line[$0.upperBound...].contains("indirect") } ?? false
            let directive = block.isEmpty ? String(first) : block
            result.append((number, line, directive, words.map { $0.filter { !"\"`".contains($0) } }, isIndirect))
        }
        return result
    }
}
