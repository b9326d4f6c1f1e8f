/// Puts together what a project, its parents and what it imports say.
///
/// Source: https://maven.apache.org/ref/current/maven-model-builder/: parents are put in first, then properties, then
/// imported lists of versions, of which the first counts; so a project's own imports come before those of its parents,
/// and its properties decide which versions those of its parents import.
struct MavenResolver {
    /// A project with all that it takes from others.
    struct Effective {
        var properties: [String: String] = [:]
        var dependencies: [MavenModel.Dependency] = []
        /// As it is written, the nearest first.
        fileprivate var management: [MavenModel.Dependency] = []
        var managed: [String: MavenModel.Dependency] = [:]
        var parentPath: String?
        var group = ""
        var version = ""

        /// A text with properties put in.
        func expand(_ text: String) -> String {
            guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
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
    /// How many lists of versions import one another up to here.
    private let depth: Int
    private static let deepest = 20

    init(_ beside: Neighbours, depth: Int = 0) {
        self.beside = beside
        self.depth = depth
    }

    /// A project as it is built.
    func effective(_ model: MavenModel, at path: String) -> Effective {
        var result = inherited(model, at: path, depth: 0)
        result.properties.merge(beside.projects.settings(for: path, beside)) { _, given in given }
        result.group = result.expand(result.group)
        result.version = result.expand(result.version)
        var imports: [MavenModel.Dependency] = []
        for dependency in result.management {
            let one = dependency.expanded { result.expand($0) }
            if one.isImport {
                imports.append(one)
            } else if result.managed[one.key] == nil {
                result.managed[one.key] = one
            }
        }
        for one in imports {
            guard let list = imported(one) else { continue }
            result.managed.merge(list.managed) { known, _ in known }
        }
        return result
    }

    /// What a project and its parents say, as it is written.
    private func inherited(_ model: MavenModel, at path: String, depth: Int) -> Effective {
        var result = Effective()
        if depth < Self.deepest, let (above, abovePath) = parent(of: model, at: path) {
            result = inherited(above, at: abovePath, depth: depth + 1)
            result.parentPath = abovePath
        }
        result.properties.merge(model.properties) { _, own in own }
        result.group = model.group ?? model.parent?.group ?? result.group
        result.version = model.version ?? model.parent?.version ?? result.version
        for prefix in ["project.", "pom.", ""] {
            result.properties["\(prefix)groupId"] = result.group
            result.properties["\(prefix)artifactId"] = model.artifact
            result.properties["\(prefix)version"] = result.version
        }
        if let parent = model.parent {
            for prefix in ["project.parent.", "parent."] {
                result.properties["\(prefix)groupId"] = parent.group
                result.properties["\(prefix)artifactId"] = parent.artifact
                result.properties["\(prefix)version"] = parent.version
            }
        }
        let own = Set(model.dependencies.map(\.key))
        result.dependencies = model.dependencies + result.dependencies.filter { !own.contains($0.key) }
        result.management = model.managed + result.management
        return result
    }

    /// A list of versions that lies in the repository; `nil` where it does not, or where it imports itself.
    private func imported(_ one: MavenModel.Dependency) -> Effective? {
        guard depth < Self.deepest else { return nil }
        for path in beside.projects.paths(of: one.artifact, beside) {
            if beside.projects.managed[path] == nil, let model = beside.projects.model(path, beside) {
                beside.projects.managed[path] = .some(nil)
                beside.projects.managed[path] = .some(Self(beside, depth: depth + 1).effective(model, at: path))
            }
            guard case .some(.some(let list)) = beside.projects.managed[path] else { continue }
            if list.group == one.group, list.version == one.version { return list }
        }
        return nil
    }

    /// The parent, where it lies in the repository: where the project says, else wherever it is.
    private func parent(of model: MavenModel, at path: String) -> (MavenModel, String)? {
        guard let parent = model.parent else { return nil }
        func isMeant(_ found: MavenModel) -> Bool {
            // One that is not named is the one that lies there, since Maven 4.
            if parent.artifact.isEmpty { return true }
            guard found.artifact == parent.artifact, (found.group ?? found.parent?.group) == parent.group else {
                return false
            }
            // Of another version, it comes from elsewhere.
            guard let version = found.version ?? found.parent?.version else { return true }
            return version == parent.version || (version + parent.version).contains("$") || parent.version.isEmpty
        }
        if !model.parentPath.isEmpty, var place = beside.place(of: model.parentPath, from: path) {
            if !place.hasSuffix(".xml") { place += place.isEmpty ? "pom.xml" : "/pom.xml" }
            if let found = beside.projects.model(place, beside), isMeant(found), place != path { return (found, place) }
        }
        guard !parent.artifact.isEmpty else { return nil }
        for place in beside.projects.paths(of: parent.artifact, beside) where place != path {
            if let found = beside.projects.model(place, beside), isMeant(found) { return (found, place) }
        }
        return nil
    }
}
