/// The projects of a repository, each read once.
final class MavenWorkspace {
    private var models: [String: MavenModel?] = [:]
    /// Where the projects lie, by artifact.
    private var byArtifact: [String: [String]]?
    /// What the command line says in each folder that has a `.mvn/maven.config`.
    private var settings: [String: [String: String]]?
    /// What projects manage, by path; `nil` while it is being worked out.
    var managed: [String: MavenResolver.Effective?] = [:]

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
        byArtifact = found.mapValues { $0.sorted() }
        return byArtifact?[artifact] ?? []
    }

    /// Properties that the command line of every build sets: `-Dname=value` in the nearest `.mvn/maven.config`.
    ///
    /// Source: https://maven.apache.org/configure.html#mvn-maven-config-file
    func settings(for path: String, _ beside: Neighbours) -> [String: String] {
        let known = settings ?? readSettings(beside)
        settings = known
        guard !known.isEmpty else { return [:] }
        var folder = path.split(separator: "/").dropLast()
        while true {
            if let found = known[folder.joined(separator: "/")] { return found }
            if folder.popLast() == nil { return [:] }
        }
    }

    private func readSettings(_ beside: Neighbours) -> [String: [String: String]] {
        let ending = ".mvn/maven.config"
        var result: [String: [String: String]] = [:]
        for path in beside.paths where path == ending || path.hasSuffix("/\(ending)") {
            var properties: [String: String] = [:]
            for word in listText(beside.bytes(path) ?? []).split(whereSeparator: \.isWhitespace) {
                let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
                if word.hasPrefix("-D"), parts.count == 2 { properties[parts[0]] = parts[1] }
            }
            let folder = path.dropLast(ending.count)
            result[folder.hasSuffix("/") ? String(folder.dropLast()) : String(folder)] = properties
        }
        return result
    }
}
