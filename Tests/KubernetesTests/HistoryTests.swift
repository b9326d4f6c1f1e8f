import Model
import Testing

@testable import Kubernetes

@Suite struct HistoryTests {
    private static func read<Value: JSONReadable>(_ json: String) throws -> Value {
        try JSONReader.read(Array(json.utf8)) { reader throws(JSONFault) in try Value(&reader) }
    }

    private static func template(image: String, hash: String? = nil, version: String? = nil) -> String {
        let labels = [
            "\"app\":\"checkout\"", hash.map { "\"pod-template-hash\":\"\($0)\"" },
            version.map { "\"app.kubernetes.io/version\":\"\($0)\"" },
        ]
        // The order of the members is another one where a controller wrote it.
        let meta =
            "\"metadata\":{\"creationTimestamp\":null,\"labels\":{\(labels.compactMap(\.self).joined(separator: ","))}}"
        let spec =
            "\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"\(image)\"},{\"name\":\"log\",\"image\":\"log:3\"}]}"
        return hash == nil ? "{\(meta),\(spec)}" : "{\(spec),\(meta)}"
    }

    private func deployment(image: String, generation: Int = 1) throws -> Workload {
        try Self.read(
            """
            {"kind":"Deployment","metadata":{"name":"checkout","namespace":"shop","uid":"d","generation":\(generation)},
            "spec":{"replicas":3,"paused":true,"progressDeadlineSeconds":600,"selector":{"matchLabels":{"app":"checkout"}},
            "template":\(Self.template(image: image))},
            "status":{"observedGeneration":1,"replicas":4,"updatedReplicas":1,"readyReplicas":3,"availableReplicas":2,
            "conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"late"}]}}
            """)
    }

    private func replicaSet(
        _ hash: String, image: String, revision: Int?, ready: Int = 0, owner: String = "d", cause: String? = nil,
        version: String? = nil, created: String = "2026-11-01T10:00:00Z"
    ) throws -> ReplicaSet {
        let annotations = [
            revision.map { "\"deployment.kubernetes.io/revision\":\"\($0)\"" },
            cause.map { "\"kubernetes.io/change-cause\":\"\($0)\"" },
        ].compactMap(\.self).joined(separator: ",")
        return try Self.read(
            """
            {"metadata":{"name":"checkout-\(hash)","uid":"rs-\(hash)","creationTimestamp":"\(created)",
            "labels":{"pod-template-hash":"\(hash)"},"annotations":{\(annotations)},
            "ownerReferences":[{"kind":"Deployment","name":"checkout","uid":"\(owner)","controller":true}]},
            "spec":{"replicas":\(ready),"template":\(Self.template(image: image, hash: hash, version: version))},
            "status":{"replicas":\(ready),"readyReplicas":\(ready)}}
            """)
    }

    @Test func aDeploymentIsRead() throws {
        let workload = try deployment(image: "shop/app:1.9.0", generation: 2)
        #expect(workload.replicas == .init(fields: (3, 4, 1, 3, 2)))
        #expect(!workload.isObserved)
        #expect(workload.isPaused)
        #expect(workload.progressDeadline == .seconds(600))
        #expect(workload.condition("Progressing")?.reason == "ProgressDeadlineExceeded")
        #expect(workload.template.containers.map(\.image) == ["shop/app:1.9.0", "log:3"])
        #expect(String(decoding: workload.template.json, as: UTF8.self) == Self.template(image: "shop/app:1.9.0"))
    }

    @Test func revisionsAreOrderedAndTheWantedOneIsFoundByItsTemplate() throws {
        let history = try WorkloadHistory(
            of: try deployment(image: "shop/app:1.8.2"),
            replicaSets: [
                // After an undo: the oldest template has the highest number.
                try replicaSet("aaa", image: "shop/app:1.8.2", revision: 4, ready: 3, cause: "first"),
                try replicaSet("bbb", image: "shop/app:1.9.0", revision: 2),
                try replicaSet("ccc", image: "shop/app:1.9.1", revision: 3),
                try replicaSet("ddd", image: "shop/app:1.8.2", revision: 9, owner: "other"),
            ])
        #expect(history.revisions.map(\.number) == [4, 3, 2])
        #expect(history.revisions.map(\.release) == ["1.8.2", "1.9.1", "1.9.0"])
        #expect(history.wanted == "aaa")
        #expect(history.live?.changeCause == "first")
        #expect(history.live?.images == ["shop/app:1.8.2", "log:3"])
    }

    @Test func whatServesIsLiveWhateverIsWanted() throws {
        let history = try WorkloadHistory(
            of: try deployment(image: "shop/app:1.9.0"),
            replicaSets: [
                try replicaSet("aaa", image: "shop/app:1.8.2", revision: 1, ready: 3),
                try replicaSet("bbb", image: "shop/app:1.9.0", revision: 2),
            ])
        #expect(history.wanted == "bbb")
        #expect(history.live?.hash == "aaa")
    }

    @Test func aTemplateThatItsControllerHasNotSeenIsWantedByNobody() throws {
        let history = try WorkloadHistory(
            of: try deployment(image: "shop/app:2.0.0"),
            replicaSets: [try replicaSet("aaa", image: "shop/app:1.8.2", revision: 1, ready: 3)])
        #expect(history.wanted == nil)
        #expect(history.live?.hash == "aaa")
    }

    @Test func namesFollowTheRule() throws {
        let sets = [
            try replicaSet(
                "aaa", image: "reg:5000/shop/app:1.8.2@sha256:00", revision: 1, cause: "2026 build", version: "v7"),
            try replicaSet("bbb", image: "reg:5000/shop/app@sha256:0123456789abcdef", revision: 2),
            try replicaSet("ccc", image: "shop/app", revision: 3, version: "no name"),
        ]
        func names(_ rule: ReleaseRule, container: String? = nil) throws -> [String] {
            try WorkloadHistory(
                of: try deployment(image: "x"), replicaSets: sets, rule: rule, container: container
            ).revisions.reversed().map(\.release)
        }
        #expect(try names(.automatic) == ["v7", "sha256-0123456789ab", "ccc"])
        #expect(try names(.tag) == ["1.8.2", "sha256-0123456789ab", "ccc"])
        #expect(try names(.template) == ["aaa", "bbb", "ccc"])
        #expect(try names(.label("app.kubernetes.io/version")) == ["v7", "bbb", "ccc"])
        #expect(try names(.annotation("deployment.kubernetes.io/revision")) == ["1", "2", "3"])
        #expect(try names(.tag, container: "log") == ["3+aaa", "3+bbb", "3+ccc"], "one name for one template")
    }

    @Test func aStatefulSetsRevisionsAreItsHistory() throws {
        func record(_ hash: String, _ revision: Int, image: String) throws -> ControllerRevision {
            try Self.read(
                """
                {"metadata":{"name":"db-\(hash)","uid":"cr-\(hash)","labels":{"controller.kubernetes.io/hash":"\(hash)"},
                "ownerReferences":[{"kind":"StatefulSet","name":"db","uid":"s","controller":true}]},"revision":\(revision),
                "data":{"spec":{"template":{"$patch":"replace",\(Self.template(image: image, hash: "x").dropFirst())}}}
                """)
        }
        let workload: Workload = try Self.read(
            """
            {"metadata":{"name":"db","uid":"s"},"spec":{"template":\(Self.template(image: "db:2"))},
            "status":{"currentRevision":"db-1","updateRevision":"db-2"}}
            """)
        #expect(workload.replicas.wanted == 1)
        let pods: [Pod] = try [("1", true), ("1", true), ("2", false)].map { hash, isReady in
            try Self.read(
                """
                {"metadata":{"name":"p","uid":"p","labels":{"controller-revision-hash":"db-\(hash)"},
                "ownerReferences":[{"kind":"StatefulSet","name":"db","uid":"s","controller":true}]},
                "status":{"conditions":[{"type":"Ready","status":"\(isReady ? "True" : "False")"}]}}
                """)
        }
        let history = try WorkloadHistory(
            of: workload,
            controllerRevisions: [try record("1", 3, image: "db:1"), try record("2", 4, image: "db:2")], pods: pods)
        #expect(history.revisions.map(\.release) == ["2", "1"])
        #expect(history.revisions.map(\.pods) == [1, 2])
        #expect(history.wanted == "2")
        #expect(history.live?.hash == "1")
    }

    @Test func aDaemonSetWantsWhatItsNodesSay() throws {
        let workload: Workload = try Self.read(
            """
            {"metadata":{"name":"agent","generation":3},"spec":{"template":{}},"status":{"observedGeneration":3,
            "currentNumberScheduled":2,"desiredNumberScheduled":5,"updatedNumberScheduled":1,"numberReady":2,"numberAvailable":2}}
            """)
        #expect(workload.replicas == .init(fields: (5, 2, 1, 2, 2)))
        let rollout: Workload = try Self.read(
            #"{"metadata":{"name":"r","generation":3},"status":{"observedGeneration":"3","stableRS":"aaa","currentPodHash":"bbb","phase":"Degraded"}}"#
        )
        #expect(rollout.isObserved)
        #expect(rollout.phase == "Degraded")
        #expect(rollout.stableHash == "aaa")
    }

    @Test(arguments: [
        (
            #"{"metadata":{"labels":{"app.kubernetes.io/instance":"x","app.kubernetes.io/managed-by":"Helm"}}}"#,
            ["Helm (release x)"]
        ),
        (
            #"{"metadata":{"annotations":{"argocd.argoproj.io/tracking-id":"shop:apps/Deployment:shop/a","meta.helm.sh/release-name":"r"}}}"#,
            ["Argo CD (application shop)", "Helm (release r)"]
        ),
        (
            #"{"metadata":{"labels":{"app.kubernetes.io/instance":"a"},"managedFields":[{"manager":"argocd-controller"}]}}"#,
            ["Argo CD (application a)"]
        ),
        (#"{"metadata":{"labels":{"kustomize.toolkit.fluxcd.io/name":"apps"}}}"#, ["Flux (Kustomization apps)"]),
        (#"{"metadata":{"labels":{"helm.toolkit.fluxcd.io/name":"apps"}}}"#, ["Flux (HelmRelease apps)"]),
        (#"{"metadata":{"labels":{"app.kubernetes.io/instance":"a"}}}"#, []),
    ]) func whoOwnsItIsTold(json: String, words: [String]) throws {
        let object: JustMeta = try Self.read(json)
        #expect(PlatformOwner.all(of: object.meta).map(\.words) == words)
    }

    @Test(arguments: [
        (#"{"waiting":{"reason":"CrashLoopBackOff"}}"#, "app has ended 4 times, last with status 2 (CrashLoopBackOff)"),
        (
            #"{"waiting":{"reason":"ImagePullBackOff","message":"Back-off"}}"#,
            "the image shop/app:9 of app cannot be pulled (ImagePullBackOff): Back-off"
        ),
        (#"{"waiting":{"reason":"ErrImagePull"}}"#, "the image shop/app:9 of app cannot be pulled (ErrImagePull)"),
        (
            #"{"waiting":{"reason":"CreateContainerConfigError","message":"secret \"x\" not found"}}"#,
            #"app cannot start (CreateContainerConfigError): secret "x" not found"#
        ),
        (#"{"terminated":{"exitCode":137,"reason":"OOMKilled"}}"#, "app has ended with too much memory (OOMKilled)"),
        (#"{"running":{}}"#, "app is not ready by its probe"), (#"{"waiting":{"reason":"ContainerCreating"}}"#, nil),
    ]) func whatIsWrongWithAPodIsTold(state: String, words: String?) throws {
        let pod: Pod = try Self.read(
            """
            {"metadata":{"name":"p"},"status":{"phase":"Pending","containerStatuses":[{"name":"app","image":"shop/app:9",
            "restartCount":4,"ready":false,"started":true,"lastState":{"terminated":{"exitCode":2}},"state":\(state)}]}}
            """)
        #expect(pod.trouble?.words == words)
    }

    @Test func podsAsAWholeAreTold() throws {
        let unscheduled: Pod = try Self.read(
            #"{"metadata":{},"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/3 nodes"}]}}"#
        )
        #expect(unscheduled.trouble?.words == "no node takes it: 0/3 nodes")
        let evicted: Pod = try Self.read(#"{"metadata":{},"status":{"phase":"Failed","reason":"Evicted"}}"#)
        #expect(evicted.trouble?.words == "it has failed (Evicted)")
        let leaving: Pod = try Self.read(
            #"{"metadata":{"deletionTimestamp":"2026-11-01T10:00:00Z"},"status":{"phase":"Failed"}}"#)
        #expect(leaving.trouble == nil)
        let starting: Pod = try Self.read(
            #"{"metadata":{},"status":{"containerStatuses":[{"name":"app","started":false,"state":{"running":{}}}]}}"#)
        #expect(starting.trouble?.words == "app has not passed its startup probe")
    }
}

extension Workload.Replicas {
    fileprivate init(fields: (wanted: Int, present: Int, updated: Int, ready: Int, available: Int)) {
        self.init()
        (wanted, present, updated, ready, available) = fields
    }
}
