import Model

/// Where a release's name is read.
public enum ReleaseRule: Hashable, Sendable {
    /// The label `app.kubernetes.io/version`, else the image's tag, else the template's hash.
    case automatic
    case tag
    case label(String)
    case annotation(String)
    /// The hash of the template.
    case template

    /// - Parameters:
    ///   - annotations: of the record of the template, to which controllers copy those of the workload.
    ///   - container: whose image counts; the first where it is left out or not there.
    /// - Returns: the hash where the rule finds no name that a release may have.
    func name(template: PodTemplate, annotations: [String: String], hash: String, container: String?) -> String {
        let found: String? =
            switch self {
            case .automatic:
                usable(template.labels["app.kubernetes.io/version"]) ?? usable(tag(template, container))
            case .tag: tag(template, container)
            case .label(let key): template.labels[key]
            case .annotation(let key): template.annotations[key] ?? annotations[key]
            case .template: nil
            }
        return usable(found) ?? hash
    }

    private func usable(_ name: String?) -> String? {
        guard let name, NameRule.fault(name, isRelease: true) == nil else { return nil }
        return name
    }

    private func tag(_ template: PodTemplate, _ container: String?) -> String? {
        let named = template.containers.first { $0.name == container } ?? template.containers.first
        guard let image = named.map({ ImageReference($0.image) }) else { return nil }
        if let tag = image.tag { return tag }
        guard let digest = image.digest else { return nil }
        let parts = digest.split(separator: ":", maxSplits: 1)
        return parts.count == 2 ? "\(parts[0])-\(parts[1].prefix(12))" : nil
    }
}
