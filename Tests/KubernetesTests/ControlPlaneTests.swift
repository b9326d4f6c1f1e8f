import Foundation
import HTTP
import TestSupport
import Testing

@testable import Kubernetes

/// Against Kubernetes' own API server and controllers.
@Suite(.serialized, .enabled(if: ControlPlane.isThere))
struct ControlPlaneTests {
    private let plane: ControlPlane

    init() async throws {
        await turnsComeSoon()
        plane = try ControlPlane.shared.get()
    }

    private func history(_ client: APIClient, _ namespace: String) async throws -> WorkloadHistory {
        let sets = Gathered<ReplicaSet>()
        try await client.list(.replicaSets, namespace: namespace) { (piece: ListPiece<ReplicaSet>) in
            if case .objects(let objects) = piece { sets.add(objects) }
        }
        let workload = try await client.get(Workload.self, .deployments, namespace: namespace, name: "checkout")
        return try WorkloadHistory(of: workload, replicaSets: sets.all)
    }

    @Test func everyWayOfSayingWhoOneIsWorks() async throws {
        try plane.kubectl("create namespace ways")
        for context in ["admin", "certificate", "named"] {
            let service = try await plane.client(context).get(
                Service.self, .services, namespace: "default", name: "kubernetes")
            #expect(service.meta.name == "kubernetes", "context \(context)")
        }
        var access = try KubeconfigSearch(file: plane.kubeconfig, variables: [:]).access()
        access = try ClusterAccess(
            context: "wrong", cluster: .init(value: .init(server: access.server.origin), file: "config", line: 1),
            user: nil, namespace: "default", proxies: ProxyRules([:]), variables: [:])
        await #expect {
            try await APIClient(access).get(Service.self, .services, namespace: "default", name: "kubernetes")
        } throws: { error in
            guard case .unreachable(.notTrusted) = (error as? APIError)?.cause else { return false }
            return true
        }
    }

    @Test func aPluginsLoginIsTaken() async throws {
        try plane.bench.shell(
            """
            mkdir -p login && cat > login/plugin <<'E'
            #!/bin/bash
            grep -q '"certificate-authority-data":"LS0t' <<< "$KUBERNETES_EXEC_INFO" || exit 4
            echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"admin"}}'
            E
            chmod +x login/plugin
            python3 - '\(plane.kubeconfig)' > login/config <<'E'
            import json, sys
            config = json.load(open(sys.argv[1]))
            plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin", "provideClusterInfo": True,
                      "interactiveMode": "Never"}
            config["users"] = [{"name": "admin", "user": {"exec": plugin}}]
            print(json.dumps(config))
            E
            """)
        let access = try KubeconfigSearch(file: "\(plane.bench.path)/login/config", variables: [:]).access()
        let service = try await APIClient(access).get(
            Service.self, .services, namespace: "default", name: "kubernetes")
        #expect(service.meta.name == "kubernetes")
    }

    @Test func aListThatIsReadSlowlyHoldsUpNobodyElse() async throws {
        try plane.kubectl("create namespace large")
        try plane.bench.shell(
            """
            head -c 600000 /dev/zero | tr '\\0' x > filling
            for i in $(seq 40); do
                kubectl --kubeconfig '\(plane.kubeconfig)' -n large create configmap filling-$i --from-file=filling > /dev/null
            done
            """)
        let client = try plane.client()
        let maps = ResourceKind(group: "", version: "v1", plural: "configmaps", kind: "ConfigMap")
        let answer = try await client.open(
            APIClient.Message(path: maps.path(namespace: "large")), client.attempt(.list, maps, "large"))
        // As much as fits has come by the time that others have been answered, and more must not.
        for _ in 0..<20 {
            _ = try await client.get(Service.self, .services, namespace: "default", name: "kubernetes")
        }
        var (cutter, names) = (ListCutter(), Set<String>())
        for try await piece in answer.body {
            #expect(piece.count <= HTTPStreams.mostBuffered)
            try APIClient.withBytes(piece) { bytes throws(JSONFault) in
                try cutter.take(bytes) { reader throws(JSONFault) in names.insert(try JustMeta(&reader).meta.name) }
            }
            await Task.yield()
        }
        try cutter.finish()
        #expect(names.count >= 40)
    }

    @Test func theHistoryIsThatOfKubectl() async throws {
        try plane.deploy("history")
        let client = try plane.client()
        for image in ["1.1", "1.2"] {
            try plane.kubectl(
                "-n history annotate deployment/checkout kubernetes.io/change-cause='\(image)' --overwrite")
            try plane.kubectl("-n history set image deployment/checkout app=shop/checkout:\(image)")
            try plane.kubectl("-n history rollout status deployment/checkout --timeout=60s")
        }
        try plane.kubectl("-n history rollout undo deployment/checkout --to-revision=1")
        try plane.kubectl("-n history rollout status deployment/checkout --timeout=60s")
        let history = try await history(client, "history")
        #expect(history.revisions.map(\.number) == [4, 3, 2])
        #expect(history.revisions.map(\.release) == ["1.0", "1.2", "1.1"])
        #expect(history.live?.release == "1.0")
        #expect(history.wanted == history.live?.hash)
        let lines = try plane.kubectl("-n history rollout history deployment/checkout").split(
            whereSeparator: \.isNewline)
        let known = lines.dropFirst(2).map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
        let mine = history.revisions.reversed().map { ["\($0.number ?? 0)", $0.changeCause ?? "<none>"] }
        #expect(known.map { $0.map { $0.trimmingCharacters(in: .whitespaces) } } == mine)
    }

    @Test(arguments: [("statefulset", ResourceKind.statefulSets), ("daemonset", .daemonSets)])
    func theHistoryOfOtherWorkloadsIsThatOfKubectl(word: String, kind: ResourceKind) async throws {
        try plane.kubectl("create namespace \(word)")
        try plane.bench.shell(
            """
            cat > \(word).yaml <<E
            apiVersion: apps/v1
            kind: \(kind.kind)
            metadata: {name: store, namespace: \(word)}
            spec:
              \(word == "statefulset" ? "{serviceName: store, replicas: 2, " : "{")selector: {matchLabels: {app: store}},
                template: {metadata: {labels: {app: store}},
                  spec: {terminationGracePeriodSeconds: 0, containers: [{name: app, image: "shop/store:1.0"}]}}}
            E
            """)
        try plane.kubectl("apply -f \(word).yaml")
        try plane.kubectl("-n \(word) rollout status \(word)/store --timeout=60s")
        try plane.kubectl("-n \(word) set image \(word)/store app=shop/store:1.1")
        try plane.kubectl("-n \(word) rollout status \(word)/store --timeout=60s")
        try plane.kubectl("-n \(word) rollout undo \(word)/store")
        try plane.kubectl("-n \(word) rollout status \(word)/store --timeout=60s")
        let client = try plane.client()
        let (records, pods) = (Gathered<ControllerRevision>(), Gathered<Pod>())
        try await client.list(.controllerRevisions, namespace: word) { (piece: ListPiece<ControllerRevision>) in
            if case .objects(let objects) = piece { records.add(objects) }
        }
        try await client.list(.pods, namespace: word) { (piece: ListPiece<Pod>) in
            if case .objects(let objects) = piece { pods.add(objects) }
        }
        let workload = try await client.get(Workload.self, kind, namespace: word, name: "store")
        let history = try WorkloadHistory(of: workload, controllerRevisions: records.all, pods: pods.all)
        #expect(history.revisions.map(\.release) == ["1.0", "1.1"])
        #expect(history.live?.release == "1.0")
        #expect(history.live?.hash == history.wanted)
        #expect(history.live?.readyPods == workload.replicas.wanted)
        if let update = workload.updateRevision { #expect(history.live?.record == update) }
        let lines = try plane.kubectl("-n \(word) rollout history \(word)/store").split(whereSeparator: \.isNewline)
        let numbers = lines.dropFirst(2).compactMap { Int($0.prefix { $0.isNumber }) }
        #expect(history.revisions.reversed().map(\.number) == numbers)
    }

    @Test func aWatchSeesWhatKubectlDoes() async throws {
        try plane.deploy("seen")
        let watch = ResourceCache(try plane.client()).watch(Workload.self, .deployments, namespace: "seen")
        var (stage, generations) = (0, [Int]())
        for await news in await watch.news() {
            let snapshot = await watch.snapshot
            if case .changes(let changes, _) = news {
                for case .changed(_, let to) in changes { generations.append(to.meta.generation) }
            }
            let workload = snapshot.objects[ObjectKey(namespace: "seen", name: "checkout")]
            guard let workload else { continue }
            let isSettled =
                workload.isObserved && workload.replicas.updated == workload.replicas.wanted
                && workload.replicas.available == workload.replicas.wanted
                && workload.replicas.present == workload.replicas.wanted
            guard isSettled else { continue }
            let image = workload.template.containers.first?.image
            if stage == 0, image == "shop/checkout:1.0" {
                stage = 1
                try plane.kubectl("-n seen set image deployment/checkout app=shop/checkout:2.0")
            } else if stage == 1, image == "shop/checkout:2.0" {
                stage = 2
                try plane.kubectl("-n seen rollout undo deployment/checkout")
            } else if stage == 2, image == "shop/checkout:1.0" {
                stage = 3
                try plane.kubectl("-n seen scale deployment/checkout --replicas=5")
            } else if stage == 3, workload.replicas.wanted == 5 {
                break
            }
        }
        #expect(stage == 3)
        #expect(generations == generations.sorted(), "changes come in their order")
    }

    @Test func aTemplateIsPutBackExactlyAndNeverOverAChangeOfOthers() async throws {
        try plane.deploy("back")
        let client = try plane.client()
        let before = try await client.get(Workload.self, .deployments, namespace: "back", name: "checkout")
        try plane.kubectl("-n back set image deployment/checkout app=shop/checkout:2.0")
        try plane.kubectl("-n back set env deployment/checkout ADDED=later")
        let template = String(decoding: before.template.json, as: UTF8.self)
        await #expect {
            try await client.patch(
                Workload.self, .deployments, namespace: "back", name: "checkout",
                expecting: before.meta.resourceVersion,
                [.replace("/spec/template", json: template)])
        } throws: { error in
            guard case .conflict(let status) = (error as? APIError)?.cause else { return false }
            return status.message?.contains("the object has been modified") == true
        }
        var after: Workload?
        // Its controller writes the status meanwhile; that is a change, too.
        for _ in 0..<50 where after == nil {
            let now = try await client.get(Workload.self, .deployments, namespace: "back", name: "checkout")
            #expect(now.template.containers.first?.image == "shop/checkout:2.0")
            after = try? await client.patch(
                Workload.self, .deployments, namespace: "back", name: "checkout", expecting: now.meta.resourceVersion,
                [.replace("/spec/template", json: template)])
        }
        #expect(try after?.template.identity() == before.template.identity())
    }

    @Test func whoMayNotIsToldWhatAndWhere() async throws {
        let client = try plane.client("viewer")
        await #expect {
            try await client.list(.replicaSets, namespace: "shop") { (_: ListPiece<ReplicaSet>) in }
        } throws: { error in
            "\(error)".hasPrefix("may not list replicasets in namespace shop (replicasets.apps is forbidden: User")
        }
        #expect(try await !client.may(.patch, .deployments, namespace: "shop").isAllowed)
        #expect(try await plane.client().may(.patch, .deployments, namespace: "shop").isAllowed)
    }

    @Test func pagesOfARealListAreWhole() async throws {
        try plane.deploy("pages")
        try plane.kubectl("-n pages scale deployment/checkout --replicas=12")
        try plane.kubectl("-n pages rollout status deployment/checkout --timeout=60s")
        let (pods, pieces) = (Gathered<Pod>(), Gathered<Int>())
        try await plane.client().list(.pods, namespace: "pages", page: 5) { (piece: ListPiece<Pod>) in
            if case .objects(let objects) = piece {
                pods.add(objects)
                pieces.add(objects.count)
            }
        }
        #expect(Set(pods.all.map(\.meta.name)).count == 12)
        #expect(pieces.all.count >= 3)
        #expect(pods.all.allSatisfy { $0.meta.controller?.kind == "ReplicaSet" })
    }

    @Test func podsThatCannotBeTellWhy() async throws {
        try plane.deploy("trouble")
        try plane.kubectl("-n trouble set image deployment/checkout app=shop/missing:2.0")
        let watch = ResourceCache(try plane.client()).watch(Pod.self, .pods, namespace: "trouble")
        for await _ in await watch.news() {
            let troubles = await watch.snapshot.objects.values.compactMap(\.trouble)
            if case .image("app", "shop/missing:2.0", _, _)? = troubles.first { break }
        }
    }

    @Test func afterTheServersDeathNothingIsLost() async throws {
        try plane.deploy("death")
        let watch = ResourceCache(try plane.client()).watch(Workload.self, .deployments, namespace: "death")
        var (stage, images) = (0, [String]())
        for await news in await watch.news() {
            switch news {
            case .everything:
                stage = 1
                plane.tell("kill")
            case .problem(let problem?):
                guard stage == 1, case .unreachable = problem.cause else { continue }
                let snapshot = await watch.snapshot
                #expect(!snapshot.isCurrent)
                #expect(snapshot.objects.count == 1, "what was known stays")
                stage = 2
                plane.tell("start")
                try plane.kubectl("-n death set image deployment/checkout app=shop/checkout:2.0")
                try plane.kubectl("-n death set image deployment/checkout app=shop/checkout:3.0")
            case .problem(nil): break
            case .changes(let changes, _):
                for case .changed(let from, let to) in changes where from.template != to.template {
                    images.append(to.template.containers.first?.image ?? "")
                }
            }
            if images.last == "shop/checkout:3.0" { break }
        }
        #expect(stage == 2)
        #expect(await watch.snapshot.isCurrent || images.last == "shop/checkout:3.0")
    }
}
