import Model

/// What keeps a number of pods of one template running: a Deployment, StatefulSet, DaemonSet, or Argo's Rollout.
public struct Workload: KubernetesObject, Hashable {
    public var meta = ObjectMeta()
    /// What is wanted; for a Rollout that refers to a Deployment, empty.
    public var template = PodTemplate()
    /// Labels that all its pods have.
    public var selector: [String: String] = [:]
    public var isPaused = false
    public var progressDeadline: Duration?
    public var replicas = Replicas()
    /// Up to which ``ObjectMeta/generation`` its controller has seen it: below it, the status is of before.
    public var observedGeneration = 0
    public var conditions: [Condition] = []
    /// A StatefulSet's ControllerRevisions, by name: of most pods, and of the template.
    public var currentRevision: String?
    public var updateRevision: String?
    /// A Rollout's hash of the template that serves, and of the one that is wanted.
    public var stableHash: String?
    public var currentHash: String?
    /// `Healthy`, `Progressing`, `Degraded`, `Paused` of a Rollout.
    public var phase: String?

    /// How many pods.
    public struct Replicas: Hashable, Sendable {
        public var wanted = 0
        public var present = 0
        /// Of the present template.
        public var updated = 0
        public var ready = 0
        public var available = 0
    }

    /// Whether its controller has seen what is wanted now.
    public var isObserved: Bool { observedGeneration >= meta.generation }
    public func condition(_ type: String) -> Condition? { conditions.first { $0.type == type } }

    public init(_ reader: inout JSONReader) throws(JSONFault) {
        var result = Workload()
        var isDaemonSet = false
        var wanted: Int?
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            case "kind": isDaemonSet = try reader.text() == "DaemonSet"
            case "metadata": result.meta = try ObjectMeta(&reader)
            case "spec": try result.readWanted(&reader, &wanted)
            case "status": try result.readStatus(&reader)
            default: break
            }
        }
        // Left out, it is one; a DaemonSet's number is in its status.
        if let wanted {
            result.replicas.wanted = wanted
        } else if !isDaemonSet, !result.isCountedByNodes {
            result.replicas.wanted = 1
        }
        self = result
    }

    private var isCountedByNodes = false

    private init() {}

    private mutating func readWanted(_ reader: inout JSONReader, _ wanted: inout Int?) throws(JSONFault) {
        var (result, count) = (self, wanted)
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            case "replicas": count = try reader.whole()
            case "paused": result.isPaused = try reader.flag() ?? false
            case "progressDeadlineSeconds": result.progressDeadline = try reader.whole().map { .seconds($0) }
            case "template": result.template = try PodTemplate(&reader)
            case "selector":
                try reader.members { reader, key throws(JSONFault) in
                    if case "matchLabels" = key { result.selector = try reader.texts() }
                }
            default: break
            }
        }
        (self, wanted) = (result, count)
    }

    private mutating func readStatus(_ reader: inout JSONReader) throws(JSONFault) {
        var result = self
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            // A Rollout writes it as a text.
            case "observedGeneration":
                var copy = reader
                if let text = try? copy.text() {
                    result.observedGeneration = Int(text) ?? 0
                    reader = copy
                } else {
                    result.observedGeneration = try reader.whole() ?? 0
                }
            case "replicas": result.replicas.present = try reader.whole() ?? 0
            case "updatedReplicas", "updatedNumberScheduled": result.replicas.updated = try reader.whole() ?? 0
            case "readyReplicas", "numberReady": result.replicas.ready = try reader.whole() ?? 0
            case "availableReplicas", "numberAvailable": result.replicas.available = try reader.whole() ?? 0
            case "desiredNumberScheduled":
                result.replicas.wanted = try reader.whole() ?? 0
                result.isCountedByNodes = true
            case "currentNumberScheduled": result.replicas.present = try reader.whole() ?? 0
            case "conditions": result.conditions = try Condition.all(&reader)
            case "currentRevision": result.currentRevision = try reader.text()
            case "updateRevision": result.updateRevision = try reader.text()
            case "stableRS": result.stableHash = try reader.text()
            case "currentPodHash": result.currentHash = try reader.text()
            case "phase": result.phase = try reader.text()
            default: break
            }
        }
        self = result
    }
}
