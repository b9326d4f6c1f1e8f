import Model

/// One template of a Deployment or Rollout, and its pods.
public struct ReplicaSet: KubernetesObject, Hashable {
    public var meta = ObjectMeta()
    public var template = PodTemplate()
    public var wanted = 0
    public var present = 0
    public var ready = 0
    public var available = 0

    private init() {}

    public init(_ reader: inout JSONReader) throws(JSONFault) {
        var result = ReplicaSet()
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            case "metadata": result.meta = try ObjectMeta(&reader)
            case "spec":
                try reader.members { reader, key throws(JSONFault) in
                    switch key {
                    case "replicas": result.wanted = try reader.whole() ?? 0
                    case "template": result.template = try PodTemplate(&reader)
                    default: break
                    }
                }
            case "status":
                try reader.members { reader, key throws(JSONFault) in
                    switch key {
                    case "replicas": result.present = try reader.whole() ?? 0
                    case "readyReplicas": result.ready = try reader.whole() ?? 0
                    case "availableReplicas": result.available = try reader.whole() ?? 0
                    default: break
                    }
                }
            default: break
            }
        }
        self = result
    }

    /// What its controller calls its template.
    public var hash: String? { PodTemplate.hashLabels.lazy.compactMap { meta.labels[$0] }.first }

    /// The number by which kubectl knows it; an undo gives it a new one.
    public var revision: Int? {
        (meta.annotations["deployment.kubernetes.io/revision"] ?? meta.annotations["rollout.argoproj.io/revision"])
            .flatMap { Int($0) }
    }
}

/// One template of a StatefulSet or DaemonSet.
public struct ControllerRevision: KubernetesObject, Hashable {
    public var meta = ObjectMeta()
    public var template = PodTemplate()
    public var revision = 0

    private init() {}

    public init(_ reader: inout JSONReader) throws(JSONFault) {
        var result = ControllerRevision()
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            case "metadata": result.meta = try ObjectMeta(&reader)
            case "revision": result.revision = try reader.whole() ?? 0
            // A patch of the workload, of which the template is all that controllers put there.
            case "data":
                try reader.members { reader, key throws(JSONFault) in
                    guard case "spec" = key else { return }
                    try reader.members { reader, key throws(JSONFault) in
                        if case "template" = key { result.template = try PodTemplate(&reader) }
                    }
                }
            default: break
            }
        }
        self = result
    }

    public var hash: String? {
        meta.labels["controller-revision-hash"] ?? meta.labels["controller.kubernetes.io/hash"]
    }
}
