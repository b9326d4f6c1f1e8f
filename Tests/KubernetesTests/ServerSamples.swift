/// Objects as an API server writes them.
enum ServerSamples {
    /// - Parameter padding: bytes of fields that nobody reads.
    static func pod(
        _ name: String, version: Int = 1, uid: String? = nil, ready: Bool = true, padding: Int = 0
    ) -> String {
        """
        {"metadata":{"name":"\(name)","namespace":"shop","uid":"\(uid ?? "uid-\(name)")","resourceVersion":"\(version)",\
        "creationTimestamp":"2026-11-01T10:00:00Z","labels":{"app":"checkout","pod-template-hash":"5d4f7c","quote":"a\\"b{[\\\\"},\
        "annotations":{"note":"caf\\u00e9 \\ud83d\\ude00","kubectl.kubernetes.io/last-applied-configuration":"{\\"a\\":1}"},\
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"checkout-5d4f7c","uid":"rs-1","controller":true}],\
        "managedFields":[{"manager":"kubelet","operation":"Update","time":"2026-11-01T10:00:09Z","fieldsV1":{"f:status":{"f:phase":{}}}}]},\
        "spec":{"volumes":[{"name":"\(String(repeating: "x", count: padding))"}],"nodeName":"node-1",\
        "containers":[{"name":"app","image":"shop/app:1.8.2","resources":{}}]},\
        "status":{"phase":"Running","conditions":[{"type":"Ready","status":"\(ready ? "True" : "False")","lastTransitionTime":"2026-11-01T10:00:05Z"}],\
        "podIP":"10.0.0.7","containerStatuses":[{"name":"app","state":{"running":{"startedAt":"2026-11-01T10:00:04Z"}},\
        "lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled","finishedAt":"2026-11-01T10:00:03Z"}},"ready":\(ready),"restartCount":3,\
        "image":"shop/app:1.8.2","imageID":"shop/app@sha256:abc","started":true}]}}
        """
    }

    static func list(_ items: [String], version: Int, next: String = "") -> String {
        """
        {"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"\(version)","continue":"\(next)"},"items":[\(items.joined(separator: ",\n"))]}

        """
    }

    static func event(_ type: String, _ object: String) -> String { "{\"type\":\"\(type)\",\"object\":\(object)}\n" }

    static func bookmark(_ version: Int) -> String {
        event("BOOKMARK", "{\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"\(version)\"}}")
    }

    static func status(_ code: Int, _ reason: String, _ message: String = "", details: String = "{}") -> String {
        """
        {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"\(message)","reason":"\(reason)",\
        "details":\(details),"code":\(code)}
        """
    }
}
