import Foundation

/// `requirements.txt` and its like, with the lists that they name. What is not pinned has its specifier for a version.
///
/// Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/ and `pip/_internal/req/req_file.py`.
enum Requirements: DependencyFormat {
    static let namesOthers = true

    static func matches(_ name: Substring) -> Bool {
        let name = name.lowercased()
        guard name.hasSuffix(".txt") else { return false }
        return name.hasPrefix("requirements") || name.hasSuffix("requirements.txt") || name.hasPrefix("constraints")
    }

    static func matches(path: String) -> Bool {
        if matches(lastPart(path)) { return true }
        let folder = path.split(separator: "/").dropLast().last?.lowercased()
        return folder == "requirements" && path.lowercased().hasSuffix(".txt")
    }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        try read(bytes, at: "requirements.txt", beside: Neighbours())
    }

    static func read(_ bytes: [UInt8], at path: String, beside: Neighbours) throws(FormatError) -> ListContents {
        var reader = RequirementsReader(beside, root: path)
        reader.take(bytes, at: path, isConstraint: false)
        return reader.finish()
    }
}

/// Gathers what a list and those that it names require.
private struct RequirementsReader {
    private let beside: Neighbours
    private let root: String
    private var contents = ListContents()
    private var constraints: [Package] = []
    private var visited: Set<String> = []
    private var index: String?
    private var moreIndexes: Set<String> = []
    private var hasNoIndex = false

    private static let mostLists = 200

    init(_ beside: Neighbours, root: String) {
        self.beside = beside
        self.root = root
    }

    /// Options that say how to install, but not what.
    private static let silent: Set<String> = [
        "--pre", "--prefer-binary", "--require-hashes", "--no-binary", "--only-binary", "--trusted-host",
        "--use-feature", "--global-option", "--config-settings",
    ]

    mutating func take(_ bytes: [UInt8], at path: String, isConstraint: Bool) {
        guard visited.insert(path).inserted else { return }
        let text = ListText(bytes)
        if let fault = text.fault { contents.leaveOut("\(path): \(fault)") }
        for (number, line) in Self.lines(text.text) {
            if let fault = take(line, at: path, isConstraint) {
                contents.leaveOut("\(path) line \(number): \(fault)")
            }
        }
    }

    /// Lines that end in `\` go on in the next; what stands behind a `#` is a comment.
    private static func lines(_ text: String) -> [(number: Int, text: String)] {
        var result: [(Int, String)] = []
        var carried = ""
        var first: Int?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let isComment = line.drop(while: \.isWhitespace).first == "#"
            if line.hasSuffix("\\"), !isComment {
                carried += line.dropLast()
                first = first ?? index + 1
                continue
            }
            result.append((first ?? index + 1, carried + (isComment ? "" : line)))
            (carried, first) = ("", nil)
        }
        if !carried.isEmpty { result.append((first ?? 1, carried)) }
        return result.compactMap { number, line in
            var text = Substring(line)
            var search = text.startIndex
            while let mark = text[search...].firstIndex(of: "#") {
                if mark == text.startIndex || text[text.index(before: mark)].isWhitespace {
                    text = text[..<mark]
                    break
                }
                search = text.index(after: mark)
            }
            let bare = text.trimmingCharacters(in: .whitespaces)
            return bare.isEmpty ? nil : (number, bare)
        }
    }

    /// - Returns: why a line says nothing, where it does not.
    private mutating func take(_ line: String, at path: String, _ isConstraint: Bool) -> String? {
        guard line.hasPrefix("-") else {
            guard let package = Requirement.parse(line) else { return "“\(line.prefix(80))” names no package" }
            if isConstraint { constraints.append(package) } else { contents.packages.append(package) }
            return nil
        }
        let (option, value) = Self.option(line)
        switch option {
        case "-r", "--requirement": return follow(value, from: path, isConstraint)
        case "-c", "--constraint": return follow(value, from: path, true)
        case "-e", "--editable":
            guard let package = Requirement.parse(value) else { return "“\(value.prefix(80))” names no package" }
            contents.packages.append(package)
        case "-i", "--index-url", "--pypi-url": index = value
        case "--extra-index-url", "-f", "--find-links": moreIndexes.insert(value)
        case "--no-index": hasNoIndex = true
        case _ where Self.silent.contains(option): break
        default: return "“\(line.prefix(80))” is no option that lastgood knows"
        }
        return nil
    }

    /// `-r file`, `-rfile`, `--requirement=file`.
    private static func option(_ line: String) -> (String, String) {
        let isLong = line.hasPrefix("--")
        let name = isLong ? line.prefix { !$0.isWhitespace && $0 != "=" } : line.prefix(2)
        let rest = line[name.endIndex...].drop { $0.isWhitespace || $0 == "=" }
        let value = rest.trimmingCharacters(in: CharacterSet(charactersIn: "\"' \t"))
        return (String(name), value)
    }

    private mutating func follow(_ reference: String, from path: String, _ isConstraint: Bool) -> String? {
        let what = isConstraint ? "constraints" : "requirements"
        if reference.contains("://") { return "\(what) at \(Repository.withoutPassword(reference)) are not read" }
        guard let target = beside.place(of: reference, from: path) else { return "\(reference) leads outside" }
        // What is compared by itself need not be said twice.
        if beside.comparedToo.contains(target), target != root { return nil }
        guard visited.count < Self.mostLists else { return "more than \(Self.mostLists) lists name one another" }
        guard let bytes = beside.bytes(target) else { return "\(target) is not there" }
        take(bytes, at: target, isConstraint: isConstraint)
        return nil
    }

    func finish() -> ListContents {
        var result = contents
        let pins = Dictionary(grouping: constraints, by: \.key)
        var used: Set<String> = []
        for position in result.packages.indices {
            let package = result.packages[position]
            guard let pin = pins[package.key]?.first else { continue }
            used.insert(package.key)
            // What both say must agree; what only the constraint says is what is installed.
            let isPinned = package.version.first?.isNumber == true || package.origin != nil
            if !isPinned {
                result.packages[position].version = pin.version
                result.packages[position].origin = pin.origin
                result.packages[position].checksums.formUnion(pin.checksums)
            }
        }
        result.packages += constraints.filter { !used.contains($0.key) }
        // Registries hold for all lists together, wherever they are named.
        let indexes = hasNoIndex ? [] : [index ?? PythonRegistry.usual]
        let places = (indexes + moreIndexes.sorted()).map(Repository.withoutPassword)
        let registry = Origin(.registry, places.isEmpty ? "no index" : places.joined(separator: " and "))
        for position in result.packages.indices where result.packages[position].origin == nil {
            result.packages[position].origin = registry
        }
        // They hold for the lists that it names as well, which are compared by themselves.
        let isNamed = result.packages.contains { $0.origin == registry }
        if !isNamed, index != nil || hasNoIndex || !moreIndexes.isEmpty {
            result.packages.append(Package("(index)", "-", .pypi, origin: registry))
        }
        return result
    }
}
