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
        // Profiles may be on: what they need is listed, too. Those that are on by themselves outrank the project.
        let profiles = root["profiles"]?.all("profile") ?? []
        let isOn = { (profile: XMLElement) in profile["activation"]?.value("activeByDefault") == "true" }
        let sections = profiles.filter(isOn) + [root] + profiles.filter { !isOn($0) }
        properties = [:]
        for section in sections.reversed() {
            for property in section["properties"]?.children ?? [] { properties[property.name] = property.text }
        }
        dependencies = sections.flatMap { list($0) }
        managed = sections.flatMap { list($0["dependencyManagement"]) }
    }
}
