import Model

/// An object that a cluster keeps, with only those of its fields that are used here.
public protocol KubernetesObject: JSONReadable {
    var meta: ObjectMeta { get }
}

/// What every object has.
public struct ObjectMeta: Hashable, Sendable, JSONReadable {
    public var name = ""
    public var namespace = ""
    /// Another one for each object that has had the name.
    public var uid = ""
    /// Another one after each change; of use only for the server.
    public var resourceVersion = ""
    /// Counts the changes of what is wanted.
    public var generation = 0
    public var createdAt: Timestamp?
    public var deletionBegan: Timestamp?
    public var labels: [String: String] = [:]
    /// Without what kubectl keeps there as the whole object again.
    public var annotations: [String: String] = [:]
    public var owners: [OwnerReference] = []
    /// Who wrote its fields, the last one last.
    public var writers: [FieldWriter] = []

    public init() {}

    public init(_ reader: inout JSONReader) throws(JSONFault) {
        var result = ObjectMeta()
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            case "name": result.name = try reader.text() ?? ""
            case "namespace": result.namespace = try reader.text() ?? ""
            case "uid": result.uid = try reader.text() ?? ""
            case "resourceVersion": result.resourceVersion = try reader.text() ?? ""
            case "generation": result.generation = try reader.whole() ?? 0
            case "creationTimestamp": result.createdAt = try reader.time()
            case "deletionTimestamp": result.deletionBegan = try reader.time()
            case "labels": result.labels = try reader.texts()
            case "annotations":
                try reader.members { reader, key throws(JSONFault) in
                    if case "kubectl.kubernetes.io/last-applied-configuration" = key { return }
                    if let value = try reader.text() { result.annotations[key.text] = value }
                }
            case "ownerReferences":
                try reader.elements { reader throws(JSONFault) in result.owners.append(try OwnerReference(&reader)) }
            case "managedFields":
                try reader.elements { reader throws(JSONFault) in result.writers.append(try FieldWriter(&reader)) }
            default: break
            }
        }
        result.writers.sort { ($0.at?.milliseconds ?? 0) < ($1.at?.milliseconds ?? 0) }
        self = result
    }

    /// The object that made this one and looks after it.
    public var controller: OwnerReference? { owners.first(where: \.isController) }
}

/// What an object belongs to.
public struct OwnerReference: Hashable, Sendable, JSONReadable {
    public var kind = ""
    public var name = ""
    public var uid = ""
    public var isController = false

    public init(_ reader: inout JSONReader) throws(JSONFault) {
        var (kind, name, uid, isController) = ("", "", "", false)
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            case "kind": kind = try reader.text() ?? ""
            case "name": name = try reader.text() ?? ""
            case "uid": uid = try reader.text() ?? ""
            case "controller": isController = try reader.flag() ?? false
            default: break
            }
        }
        (self.kind, self.name, self.uid, self.isController) = (kind, name, uid, isController)
    }
}

/// A program that wrote fields of an object, and when it last did: `kubectl-set`, `argocd-controller`, `helm`.
public struct FieldWriter: Hashable, Sendable, JSONReadable {
    public var name = ""
    public var at: Timestamp?
    /// Such as `status`; `nil` for the object itself.
    public var part: String?

    public init(_ reader: inout JSONReader) throws(JSONFault) {
        var (name, at, part): (String, Timestamp?, String?) = ("", nil, nil)
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            case "manager": name = try reader.text() ?? ""
            case "time": at = try reader.time()
            case "subresource": part = try reader.text()
            default: break
            }
        }
        (self.name, self.at, self.part) = (name, at, part)
    }
}

/// An object of which only the meta data counts.
struct JustMeta: KubernetesObject {
    var meta: ObjectMeta

    init(_ reader: inout JSONReader) throws(JSONFault) {
        var found = ObjectMeta()
        try reader.members { reader, key throws(JSONFault) in
            if case "metadata" = key { found = try ObjectMeta(&reader) }
        }
        meta = found
    }
}

extension JSONReader {
    /// RFC 3339; `nil` for `null` and for what is none.
    mutating func time() throws(JSONFault) -> Timestamp? { try text().flatMap { Timestamp(rfc3339: $0) } }
}

/// Something that is so with an object, or not, or not known.
public struct Condition: Hashable, Sendable, JSONReadable {
    public var type = ""
    /// `nil` where it is not known.
    public var isTrue: Bool?
    public var reason: String?
    public var message: String?
    public var since: Timestamp?

    public init(_ reader: inout JSONReader) throws(JSONFault) {
        var (type, isTrue, reason, message): (String, Bool?, String?, String?) = ("", nil, nil, nil)
        var since: Timestamp?
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            case "type": type = try reader.text() ?? ""
            case "status":
                let status = try reader.text()
                isTrue = status == "True" ? true : status == "False" ? false : nil
            case "reason": reason = try reader.text()
            case "message": message = try reader.text()
            case "lastTransitionTime": since = try reader.time()
            default: break
            }
        }
        (self.type, self.isTrue, self.reason, self.message, self.since) = (type, isTrue, reason, message, since)
    }

    static func all(_ reader: inout JSONReader) throws(JSONFault) -> [Condition] {
        var result: [Condition] = []
        try reader.elements { reader throws(JSONFault) in result.append(try Condition(&reader)) }
        return result
    }
}
