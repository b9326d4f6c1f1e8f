import Model

/// One instance.
public struct Pod: KubernetesObject, Hashable {
    public var meta = ObjectMeta()
    public var node: String?
    public var address: String?
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`.
    public var phase = ""
    /// Why it failed as a whole, such as `Evicted`.
    public var reason: String?
    public var message: String?
    public var startedAt: Timestamp?
    public var conditions: [Condition] = []
    public var initContainers: [Container] = []
    public var containers: [Container] = []

    /// One of its processes.
    public struct Container: Hashable, Sendable {
        public var name = ""
        public var image = ""
        /// With the digest of what runs.
        public var imageID = ""
        public var isReady = false
        /// Whether its startup probe has passed; `nil` where the server does not say.
        public var hasStarted: Bool?
        public var restarts = 0
        public var state = State.unknown
        /// How its last run ended.
        public var lastEnd: End?

        public enum State: Hashable, Sendable {
            case waiting(reason: String, message: String?)
            case running(since: Timestamp?)
            case ended(End)
            case unknown
        }

        public struct End: Hashable, Sendable {
            public var exitCode = 0
            /// Such as `Error`, `OOMKilled`, `Completed`.
            public var reason: String?
            public var at: Timestamp?
        }
    }

    private init() {}

    public init(_ reader: inout JSONReader) throws(JSONFault) {
        var result = Pod()
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            case "metadata": result.meta = try ObjectMeta(&reader)
            case "spec":
                try reader.members { reader, key throws(JSONFault) in
                    if case "nodeName" = key { result.node = try reader.text() }
                }
            case "status":
                try reader.members { reader, key throws(JSONFault) in
                    switch key {
                    case "phase": result.phase = try reader.text() ?? ""
                    case "reason": result.reason = try reader.text()
                    case "message": result.message = try reader.text()
                    case "podIP": result.address = try reader.text()
                    case "startTime": result.startedAt = try reader.time()
                    case "conditions": result.conditions = try Condition.all(&reader)
                    case "initContainerStatuses": result.initContainers = try Self.containers(&reader)
                    case "containerStatuses": result.containers = try Self.containers(&reader)
                    default: break
                    }
                }
            default: break
            }
        }
        self = result
    }

    private static func containers(_ reader: inout JSONReader) throws(JSONFault) -> [Container] {
        var result: [Container] = []
        try reader.elements { reader throws(JSONFault) in
            var container = Container()
            try reader.members { reader, key throws(JSONFault) in
                switch key {
                case "name": container.name = try reader.text() ?? ""
                case "image": container.image = try reader.text() ?? ""
                case "imageID": container.imageID = try reader.text() ?? ""
                case "ready": container.isReady = try reader.flag() ?? false
                case "started": container.hasStarted = try reader.flag()
                case "restartCount": container.restarts = try reader.whole() ?? 0
                case "state": container.state = try Self.state(&reader)
                case "lastState": if case .ended(let end) = try Self.state(&reader) { container.lastEnd = end }
                default: break
                }
            }
            result.append(container)
        }
        return result
    }

    private static func state(_ reader: inout JSONReader) throws(JSONFault) -> Container.State {
        var result = Container.State.unknown
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            case "waiting":
                var (reason, message): (String, String?) = ("", nil)
                try reader.members { reader, key throws(JSONFault) in
                    switch key {
                    case "reason": reason = try reader.text() ?? ""
                    case "message": message = try reader.text()
                    default: break
                    }
                }
                result = .waiting(reason: reason, message: message)
            case "running":
                var since: Timestamp?
                try reader.members { reader, key throws(JSONFault) in
                    if case "startedAt" = key { since = try reader.time() }
                }
                result = .running(since: since)
            case "terminated":
                var end = Container.End()
                try reader.members { reader, key throws(JSONFault) in
                    switch key {
                    case "exitCode": end.exitCode = try reader.whole() ?? 0
                    case "reason": end.reason = try reader.text()
                    case "finishedAt": end.at = try reader.time()
                    default: break
                    }
                }
                result = .ended(end)
            default: break
            }
        }
        return result
    }

    public func condition(_ type: String) -> Condition? { conditions.first { $0.type == type } }
    public var isReady: Bool { meta.deletionBegan == nil && condition("Ready")?.isTrue == true }
    public var restarts: Int { containers.reduce(0) { $0 + $1.restarts } }
    public var hash: String? { PodTemplate.hashLabels.lazy.compactMap { meta.labels[$0] }.first }
}
