/// `pom.xml`: dependencies, the parent, and managed versions, with all that its parents and imported lists of versions in
/// the same repository say.
///
/// Source: https://maven.apache.org/pom.html and
/// https://maven.apache.org/guides/introduction/introduction-to-dependency-mechanism.html: a project takes properties,
/// dependencies and managed versions from its parents and overrides them; its own managed versions, and those of its
/// parents, outrank imported ones, of which the first counts.
enum MavenProject: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "pom.xml" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        try read(bytes, at: "pom.xml", beside: Neighbours()).packages
    }

    static func read(_ bytes: [UInt8], at path: String, beside: Neighbours) throws(FormatError) -> ListContents {
        let project = MavenModel(try XMLTree.parse(bytes))
        var resolver = MavenResolver(beside)
        let effective = resolver.effective(project, at: path, depth: 0)
        var result = ListContents()
        if let parent = project.parent {
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

/// A project as its file has it.
struct MavenModel {
    struct Dependency {
        var group: String
        var artifact: String
        var version: String
        var type: String
        var classifier: String
        var scope: String

        var key: String { "\(group):\(artifact):\(type):\(classifier)" }
        var plainKey: String { "\(group):\(artifact):jar:" }
        var isImport: Bool { type == "pom" && scope == "import" }

        init(_ element: XMLElement) {
            group = element.value("groupId") ?? ""
            artifact = element.value("artifactId") ?? ""
            version = element.value("version") ?? ""
            type = element.value("type") ?? "jar"
            classifier = element.value("classifier") ?? ""
            scope = element.value("scope") ?? ""
        }

        func expanded(_ expand: (String) -> String) -> Dependency {
            var result = self
            result.group = expand(group)
            result.artifact = expand(artifact)
            result.version = expand(version)
            result.classifier = expand(classifier)
            return result
        }
    }

    var group: String?
    var artifact: String
    var version: String?
    var parent: Dependency?
    /// Where the parent lies; empty where it is not in the repository.
    var parentPath: String
    var properties: [String: String]
    var dependencies: [Dependency]
    var managed: [Dependency]

    init(_ root: XMLElement) {
        func list(_ element: XMLElement?) -> [Dependency] {
            (element?["dependencies"]?.all("dependency") ?? []).map(Dependency.init).filter {
                !$0.group.isEmpty && !$0.artifact.isEmpty
            }
        }
        group = root.value("groupId")
        artifact = root.value("artifactId") ?? ""
        version = root.value("version")
        let above = root["parent"]
        parent = above.map(Dependency.init)
        parentPath = above.map { $0["relativePath"]?.text ?? "../pom.xml" } ?? ""
        // Profiles may be on: what they need is listed, too.
        let profiles = root["profiles"]?.all("profile") ?? []
        let sections = [root] + profiles
        properties = [:]
        for section in sections.reversed() {
            for property in section["properties"]?.children ?? [] { properties[property.name] = property.text }
        }
        dependencies = sections.flatMap { list($0) }
        managed = sections.flatMap { list($0["dependencyManagement"]) }
    }
}

/// The projects of a repository, each read once.
final class MavenWorkspace {
    private var models: [String: MavenModel?] = [:]
    /// Where the projects lie, by artifact.
    private var byArtifact: [String: [String]]?

    func model(_ path: String, _ beside: Neighbours) -> MavenModel? {
        if let known = models[path] { return known }
        let model = beside.bytes(path).flatMap { try? XMLTree.parse($0) }.map(MavenModel.init)
        models[path] = .some(model)
        return model
    }

    func paths(of artifact: String, _ beside: Neighbours) -> [String] {
        if let byArtifact { return byArtifact[artifact] ?? [] }
        var found: [String: [String]] = [:]
        for path in beside.paths where lastPart(path) == "pom.xml" {
            if let model = model(path, beside) { found[model.artifact, default: []].append(path) }
        }
        byArtifact = found
        return found[artifact] ?? []
    }
}

/// Puts together what a project, its parents and what it imports say.
struct MavenResolver {
    /// A project with all that it takes from others.
    struct Effective {
        var properties: [String: String] = [:]
        var dependencies: [MavenModel.Dependency] = []
        var managed: [String: MavenModel.Dependency] = [:]
        var parentPath: String?
        var group = ""
        var version = ""

        /// A text with properties put in.
        func expand(_ text: String) -> String {
            var result = text
            for _ in 0..<20 {
                // The innermost first: one property may be within the name of another.
                guard let end = result.firstIndex(of: "}"),
                    let start = result[..<end].ranges(of: "${").last,
                    let value = properties[String(result[start.upperBound..<end])], value.utf8.count < 1000
                else { break }
                result.replaceSubrange(start.lowerBound...end, with: value)
                if result.utf8.count > 10_000 { break }
            }
            return result
        }
    }

    private let beside: Neighbours
    private static let deepest = 20

    init(_ beside: Neighbours) { self.beside = beside }

    mutating func effective(_ model: MavenModel, at path: String, depth: Int) -> Effective {
        var result = Effective()
        if depth < Self.deepest, let (above, abovePath) = parent(of: model, at: path) {
            result = effective(above, at: abovePath, depth: depth + 1)
            result.parentPath = abovePath
        }
        result.properties.merge(model.properties) { _, own in own }
        result.group = model.group ?? model.parent?.group ?? ""
        result.version = model.version ?? model.parent?.version ?? ""
        for prefix in ["project.", "pom.", ""] {
            result.properties["\(prefix)groupId"] = result.group
            result.properties["\(prefix)artifactId"] = model.artifact
            result.properties["\(prefix)version"] = result.version
        }
        if let parent = model.parent {
            result.properties["project.parent.groupId"] = parent.group
            result.properties["project.parent.artifactId"] = parent.artifact
            result.properties["project.parent.version"] = parent.version
            result.properties["parent.version"] = parent.version
        }
        let own = Set(model.dependencies.map(\.key))
        result.dependencies = model.dependencies + result.dependencies.filter { !own.contains($0.key) }
        take(model.managed, into: &result, depth: depth)
        return result
    }

    private mutating func take(_ managed: [MavenModel.Dependency], into result: inout Effective, depth: Int) {
        var imports: [MavenModel.Dependency] = []
        for dependency in managed {
            let one = dependency.expanded { result.expand($0) }
            if one.isImport { imports.append(one) } else { result.managed[one.key] = dependency }
        }
        guard depth < Self.deepest else { return }
        for one in imports {
            for path in beside.projects.paths(of: one.artifact, beside) {
                guard let model = beside.projects.model(path, beside) else { continue }
                let list = effective(model, at: path, depth: depth + 1)
                guard list.group == one.group, list.expand(list.version) == one.version else { continue }
                for (key, rule) in list.managed where result.managed[key] == nil {
                    result.managed[key] = rule.expanded { list.expand($0) }
                }
                break
            }
        }
    }

    /// The parent, where it lies in the repository: where the project says, else wherever it is.
    private func parent(of model: MavenModel, at path: String) -> (MavenModel, String)? {
        guard let parent = model.parent else { return nil }
        func isMeant(_ found: MavenModel) -> Bool {
            found.artifact == parent.artifact && (found.group ?? found.parent?.group) == parent.group
        }
        if !model.parentPath.isEmpty, var place = Neighbours.resolve(model.parentPath, from: path) {
            if !place.hasSuffix(".xml") { place += place.isEmpty ? "pom.xml" : "/pom.xml" }
            if let found = beside.projects.model(place, beside), isMeant(found), place != path { return (found, place) }
        }
        for place in beside.projects.paths(of: parent.artifact, beside) where place != path {
            if let found = beside.projects.model(place, beside), isMeant(found) { return (found, place) }
        }
        return nil
    }
}
