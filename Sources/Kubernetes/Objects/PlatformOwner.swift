/// A program that keeps objects as they are written down elsewhere: what is changed by hand, it may change back.
public enum PlatformOwner: Hashable, Sendable {
    case argoCD(application: String)
    case flux(kind: String, name: String)
    case helm(release: String)

    public var words: String {
        switch self {
        case .argoCD(let application): "Argo CD (application \(application))"
        case .flux(let kind, let name): "Flux (\(kind) \(name))"
        case .helm(let release): "Helm (release \(release))"
        }
    }

    /// Those that have left their signs on an object, the one that acts by itself first.
    ///
    /// Source: Argo CD, "Resource Tracking"; Flux, "kustomize-controller: labels"; Helm, "Labels and Annotations".
    public static func all(of meta: ObjectMeta) -> [PlatformOwner] {
        var result: [PlatformOwner] = []
        let (labels, annotations) = (meta.labels, meta.annotations)
        if let tracking = annotations["argocd.argoproj.io/tracking-id"] {
            result.append(.argoCD(application: String(tracking.prefix { $0 != ":" })))
        } else if let instance = labels["argocd.argoproj.io/instance"] {
            result.append(.argoCD(application: instance))
        } else if let instance = labels["app.kubernetes.io/instance"],
            meta.writers.contains(where: { $0.name.hasPrefix("argocd") })
        {
            result.append(.argoCD(application: instance))
        }
        if let name = labels["kustomize.toolkit.fluxcd.io/name"] {
            result.append(.flux(kind: "Kustomization", name: name))
        }
        if let name = labels["helm.toolkit.fluxcd.io/name"] { result.append(.flux(kind: "HelmRelease", name: name)) }
        if let release = annotations["meta.helm.sh/release-name"] {
            result.append(.helm(release: release))
        } else if labels["app.kubernetes.io/managed-by"] == "Helm", let release = labels["app.kubernetes.io/instance"] {
            result.append(.helm(release: release))
        }
        return result
    }
}
