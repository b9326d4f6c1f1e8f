/// `poetry.lock`. What is direct stands in `pyproject.toml` only.
enum PoetryLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "poetry.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        try TOMLTable(parsing: bytes).tables("package").compactMap { package in
            guard let name = package["name"]?.text, let version = package["version"]?.text else { return nil }
            return Package(name, version, .pypi)
        }
    }
}

/// `uv.lock`. Packages whose source is this folder are the project's own.
enum UVLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "uv.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        let packages = try TOMLTable(parsing: bytes).tables("package")
        func isOwn(_ package: TOMLTable) -> Bool {
            guard let source = package["source"]?.table else { return false }
            return ["virtual", "editable", "directory"].contains { source[$0] != nil }
        }
        var direct: Set<String> = []
        func note(_ list: [TOMLValue]) { direct.formUnion(list.compactMap { $0.table?["name"]?.text }) }
        for package in packages where isOwn(package) {
            note(package["dependencies"]?.list ?? [])
            for section in ["optional-dependencies", "dev-dependencies"] {
                for group in package[section]?.table?.values.values ?? [:].values { note(group.list) }
            }
        }
        return packages.compactMap { package in
            guard let name = package["name"]?.text, let version = package["version"]?.text else { return nil }
            return Package(
                name, version, .pypi, isOwn(package) ? .own : direct.contains(name) ? .direct : .transitive)
        }
    }
}

/// `Pipfile.lock`.
enum PipfileLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "Pipfile.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        let root = try JSONValue(bytes)
        guard root.isObject else { throw FormatError("it holds no object") }
        return root.members.filter { $0.key != "_meta" }.flatMap { _, group in
            group.members.compactMap { name, entry in
                guard let version = entry["version"].text ?? entry["ref"].text ?? entry["git"].text else { return nil }
                return Package(name, version.hasPrefix("==") ? String(version.dropFirst(2)) : version, .pypi)
            }
        }
    }
}

/// `requirements.txt` and its like. What is not pinned has its specifier for a version.
enum Requirements: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name.hasPrefix("requirements") && name.hasSuffix(".txt") }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        var result: [Package] = []
        var carried = ""
        for line in String(decoding: bytes, as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        {
            if line.hasSuffix("\\") {
                carried += line.dropLast() + " "
                continue
            }
            if let package = package(carried + line) { result.append(package) }
            carried = ""
        }
        if let package = package(carried) { result.append(package) }
        return result
    }

    private static func package(_ line: String) -> Package? {
        var text = Substring(line)
        if let comment = text.firstIndex(of: "#"),
            comment == text.startIndex || text[text.index(before: comment)].isWhitespace
        {
            text = text[..<comment]
        }
        text = text.drop(while: \.isWhitespace)
        // Options, nested files and bare paths name no package.
        let name = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        guard let first = name.first, first.isLetter || first.isNumber else { return nil }
        var rest = text[name.endIndex...].drop(while: \.isWhitespace)
        if rest.first == "[" { rest = rest.drop { $0 != "]" }.dropFirst().drop(while: \.isWhitespace) }
        if rest.first == "@" {
            let place = rest.dropFirst().drop(while: \.isWhitespace).prefix { !$0.isWhitespace }
            return Package(String(name), String(place), .pypi)
        }
        guard rest.isEmpty || "=<>!~;(-".contains(rest.first ?? " ") else { return nil }
        if let option = rest.range(of: " --") { rest = rest[..<option.lowerBound] }
        let specifier = rest.prefix { $0 != ";" }.filter { !$0.isWhitespace && $0 != "(" && $0 != ")" }
        let isPinned = specifier.hasPrefix("==") && !specifier.contains(",") && !specifier.hasSuffix("*")
        return Package(String(name), isPinned ? String(specifier.drop { $0 == "=" }) : specifier, .pypi)
    }
}
