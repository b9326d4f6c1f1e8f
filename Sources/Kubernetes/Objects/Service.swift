import Model

/// What gives pods one stable address.
public struct Service: KubernetesObject, Hashable {
    public var meta = ObjectMeta()
    /// Labels of the pods that get its traffic.
    public var selector: [String: String] = [:]

    private init() {}

    public init(_ reader: inout JSONReader) throws(JSONFault) {
        var result = Service()
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            case "metadata": result.meta = try ObjectMeta(&reader)
            case "spec":
                try reader.members { reader, key throws(JSONFault) in
                    if case "selector" = key { result.selector = try reader.texts() }
                }
            default: break
            }
        }
        self = result
    }
}

/// Something that a controller or node has to say about an object.
public struct ClusterEvent: KubernetesObject, Hashable {
    public var meta = ObjectMeta()
    public var objectKind = ""
    public var objectName = ""
    public var objectUID = ""
    /// Such as `Unhealthy`, `FailedScheduling`.
    public var reason = ""
    public var message = ""
    public var isWarning = false
    public var count = 1
    public var lastSeen: Timestamp?

    private init() {}

    public init(_ reader: inout JSONReader) throws(JSONFault) {
        var result = ClusterEvent()
        var at: Timestamp?
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            case "metadata": result.meta = try ObjectMeta(&reader)
            case "involvedObject":
                try reader.members { reader, key throws(JSONFault) in
                    switch key {
                    case "kind": result.objectKind = try reader.text() ?? ""
                    case "name": result.objectName = try reader.text() ?? ""
                    case "uid": result.objectUID = try reader.text() ?? ""
                    default: break
                    }
                }
            case "reason": result.reason = try reader.text() ?? ""
            case "message": result.message = try reader.text() ?? ""
            case "type": result.isWarning = try reader.text() == "Warning"
            case "count": result.count = try reader.whole() ?? 1
            case "lastTimestamp": result.lastSeen = try reader.time()
            case "eventTime": at = try reader.time()
            default: break
            }
        }
        if result.lastSeen == nil { result.lastSeen = at }
        self = result
    }
}
