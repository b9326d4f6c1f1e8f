/// `pom.xml`: dependencies, the parent, and managed versions, with all that its parents and imported lists of versions in
/// the same repository say.
///
/// Source: https://maven.apache.org/pom.html and
/// https://maven.apache.org/guides/introduction/introduction-to-dependency-mechanism.html: a project takes properties,
/// dependencies and managed versions from its parents and overrides them; its own managed versions, and those of its
/// parents, outrank imported ones, of which the first counts.
enum MavenProject: XMLFormat {
    static let namesOthers = true

    static func matches(_ name: Substring) -> Bool { name == "pom.xml" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        try read(bytes, at: "pom.xml", beside: Neighbours())
    }

    static func read(_ bytes: [UInt8], at path: String, beside: Neighbours) throws(FormatError) -> ListContents {
        let project = MavenModel(try XMLTree.parse(bytes))
        let effective = MavenResolver(beside).effective(project, at: path)
        var result = ListContents()
        if let parent = project.parent, !parent.artifact.isEmpty {
            result.packages.append(
                Package(
                    "\(parent.group):\(parent.artifact)", effective.expand(parent.version), .maven,
                    effective.parentPath == nil ? .direct : .own))
        }
        // What a parent names is said with the parent, where that is compared as well.
        let isParentCompared = effective.parentPath.map { beside.comparedToo.contains($0) } ?? false
        let dependencies = isParentCompared ? project.dependencies : effective.dependencies
        func relation(_ group: String, _ artifact: String) -> Package.Relation {
            let isOwn = beside.projects.paths(of: artifact, beside).contains { place in
                let model = beside.projects.model(place, beside)
                return (model?.group ?? model?.parent?.group) == group
            }
            return isOwn ? .own : .direct
        }
        var unknown: [String] = []
        for dependency in dependencies {
            let one = dependency.expanded(effective.expand)
            let rule = effective.managed[one.key] ?? effective.managed[one.plainKey]
            guard let version = one.version.isEmpty ? rule?.version : one.version, !version.isEmpty else {
                unknown.append("\(one.group):\(one.artifact)")
                continue
            }
            result.packages.append(
                Package(
                    "\(one.group):\(one.artifact)", effective.expand(version), .maven,
                    relation(one.group, one.artifact)))
        }
        // A managed version bears on what is not named here, too.
        for dependency in project.managed {
            let one = dependency.expanded(effective.expand)
            guard !one.version.isEmpty else { continue }
            result.packages.append(Package("\(one.group):\(one.artifact)", one.version, .maven, nil))
        }
        result.packages = merged(result.packages)
        if !unknown.isEmpty {
            let some = Set(unknown).sorted()
            let more = some.count > 3 ? " and \(some.count - 3) more" : ""
            result.remark(
                "\(path): the versions of \(some.prefix(3).joined(separator: ", "))\(more) stand outside the repository"
            )
        }
        let unresolved = result.packages.filter { $0.version.contains("${") }.map { "\($0.name) \($0.version)" }
        if !unresolved.isEmpty {
            result.leaveOut("\(path): nothing says what \(unresolved.prefix(3).joined(separator: ", ")) is")
        }
        return result
    }

    /// What is both managed and named is there once.
    private static func merged(_ packages: [Package]) -> [Package] {
        let direct = Set(packages.filter { $0.relation != nil }.map { "\($0.name)@\($0.version)" })
        return packages.filter { $0.relation != nil || !direct.contains("\($0.name)@\($0.version)") }
    }
}
