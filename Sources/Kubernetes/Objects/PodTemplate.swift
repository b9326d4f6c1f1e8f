/// Of what a workload makes its pods.
public struct PodTemplate: Hashable, Sendable, JSONReadable {
    /// As it came from the server, byte by byte, so that it can be put back as it was.
    public var json: [UInt8] = []
    public var labels: [String: String] = [:]
    public var annotations: [String: String] = [:]
    public var containers: [Container] = []

    public struct Container: Hashable, Sendable {
        public var name: String
        public var image: String
    }

    public init() {}

    public init(_ reader: inout JSONReader) throws(JSONFault) {
        self.init()
        let raw = try reader.raw()
        try read(raw)
        json = Array(raw)
    }

    /// - Parameter json: of the template alone.
    public init(json: [UInt8]) throws(JSONFault) {
        self = try JSONReader.read(json) { reader throws(JSONFault) in try PodTemplate(&reader) }
    }

    private mutating func read(_ raw: UnsafeRawBufferPointer) throws(JSONFault) {
        var result = self
        try JSONReader.read(raw) { reader throws(JSONFault) in
            try reader.members { reader, key throws(JSONFault) in
                switch key {
                case "metadata":
                    try reader.members { reader, key throws(JSONFault) in
                        switch key {
                        case "labels": result.labels = try reader.texts()
                        case "annotations": result.annotations = try reader.texts()
                        default: break
                        }
                    }
                case "spec":
                    try reader.members { reader, key throws(JSONFault) in
                        guard case "containers" = key else { return }
                        try reader.elements { reader throws(JSONFault) in
                            var (name, image) = ("", "")
                            try reader.members { reader, key throws(JSONFault) in
                                switch key {
                                case "name": name = try reader.text() ?? ""
                                case "image": image = try reader.text() ?? ""
                                default: break
                                }
                            }
                            result.containers.append(Container(name: name, image: image))
                        }
                    }
                default: break
                }
            }
        }
        self = result
    }

    /// The labels by which controllers tell their templates apart. They are no part of what is wanted.
    static let hashLabels = ["pod-template-hash", "rollouts-pod-template-hash", "controller-revision-hash"]

    /// The same for two templates that mean the same, in whatever order their members stand, and whatever hash a
    /// controller has put onto one of them.
    public func identity() throws(JSONFault) -> [UInt8] {
        var ignored = Set(Self.hashLabels.map { ["metadata", "labels", $0] })
        ignored.insert(["metadata", "creationTimestamp"])
        // How a ControllerRevision marks that its template replaces another.
        ignored.insert(["$patch"])
        return try CanonicalJSON.bytes(of: json, leavingOut: ignored)
    }
}
