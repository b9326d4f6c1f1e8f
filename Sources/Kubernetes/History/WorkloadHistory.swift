import Model

/// One template that a workload has had.
public struct WorkloadRevision: Hashable, Sendable {
    /// What a controller calls its template. It stays when an undo gives the revision a new number.
    public var hash: String
    /// By which kubectl knows it; `nil` where its controller has not numbered it yet.
    public var number: Int?
    /// By the rule; where two templates have one name, with the hash behind a `+`.
    public var release: String
    public var changeCause: String?
    public var images: [String]
    public var createdAt: Timestamp?
    public var template: PodTemplate
    /// The ReplicaSet or ControllerRevision that keeps it.
    public var record: String
    public var pods: Int
    public var readyPods: Int
}

/// The templates that a workload has had, as its cluster remembers them.
public struct WorkloadHistory: Hashable, Sendable {
    /// By number, the newest first.
    public var revisions: [WorkloadRevision]
    /// The one that the workload wants now; `nil` where its controller has not made it yet.
    public var wanted: String?

    /// The one that serves: what is wanted where it has a pod that is ready, or where nothing has; else the newest that
    /// has most.
    public var live: WorkloadRevision? {
        let wanted = revisions.first { $0.hash == self.wanted }
        if let wanted, wanted.readyPods > 0 { return wanted }
        let most = revisions.map(\.readyPods).max() ?? 0
        return most > 0 ? revisions.first { $0.readyPods == most } : wanted
    }
}

extension WorkloadHistory {
    /// Of a Deployment or Rollout.
    ///
    /// - Parameter replicaSets: any; those of other workloads are left out.
    /// - Throws: ``JSONFault`` where a template is no JSON.
    public init(
        of workload: Workload, replicaSets: some Sequence<ReplicaSet>, rule: ReleaseRule = .automatic,
        container: String? = nil
    ) throws(JSONFault) {
        var revisions: [WorkloadRevision] = []
        var alike: [(hash: String, createdAt: Timestamp?)] = []
        let identity = workload.template.json.isEmpty ? nil : try workload.template.identity()
        for set in replicaSets where set.meta.controller?.uid == workload.meta.uid {
            let hash = set.hash ?? set.meta.name
            revisions.append(
                WorkloadRevision(
                    hash: hash, number: set.revision,
                    release: rule.name(
                        template: set.template, annotations: set.meta.annotations, hash: hash, container: container),
                    changeCause: set.meta.annotations["kubernetes.io/change-cause"],
                    images: set.template.containers.map(\.image), createdAt: set.meta.createdAt,
                    template: set.template, record: set.meta.name, pods: set.present, readyPods: set.ready))
            if let identity, try set.template.identity() == identity { alike.append((hash, set.meta.createdAt)) }
        }
        // Of several that are alike, controllers take the oldest (`FindNewReplicaSet`).
        let oldest = alike.min {
            ($0.createdAt?.milliseconds ?? 0, $0.hash) < ($1.createdAt?.milliseconds ?? 0, $1.hash)
        }
        self.init(revisions: Self.ordered(revisions), wanted: workload.currentHash ?? oldest?.hash)
    }

    /// Of a StatefulSet or DaemonSet.
    ///
    /// - Parameters:
    ///   - controllerRevisions: any; those of other workloads are left out.
    ///   - pods: any; they tell which revision serves.
    public init(
        of workload: Workload, controllerRevisions: some Sequence<ControllerRevision>, pods: some Sequence<Pod>,
        rule: ReleaseRule = .automatic, container: String? = nil
    ) throws(JSONFault) {
        var counts: [String: (all: Int, ready: Int)] = [:]
        for pod in pods where pod.meta.controller?.uid == workload.meta.uid {
            guard let hash = pod.hash else { continue }
            counts[hash, default: (0, 0)].all += 1
            if pod.isReady { counts[hash, default: (0, 0)].ready += 1 }
        }
        let identity = try workload.template.identity()
        var revisions: [WorkloadRevision] = []
        var wanted: (hash: String, number: Int)?
        for record in controllerRevisions where record.meta.controller?.uid == workload.meta.uid {
            let hash = record.hash ?? record.meta.name
            // A StatefulSet's pods bear the record's name, a DaemonSet's its hash.
            let count = counts[record.meta.name] ?? counts[hash] ?? (0, 0)
            revisions.append(
                WorkloadRevision(
                    hash: hash, number: record.revision,
                    release: rule.name(
                        template: record.template, annotations: record.meta.annotations, hash: hash,
                        container: container),
                    changeCause: record.meta.annotations["kubernetes.io/change-cause"],
                    images: record.template.containers.map(\.image), createdAt: record.meta.createdAt,
                    template: record.template, record: record.meta.name, pods: count.all, readyPods: count.ready))
            let isWanted = try record.template.identity() == identity
            // Alike are those from before and after a change of what no template says; the newest counts.
            if isWanted, record.revision > wanted?.number ?? .min { wanted = (hash, record.revision) }
        }
        self.init(revisions: Self.ordered(revisions), wanted: wanted?.hash)
    }

    /// The newest first, and no two of one name.
    private static func ordered(_ revisions: [WorkloadRevision]) -> [WorkloadRevision] {
        let names = Dictionary(grouping: revisions, by: \.release)
        return revisions.map { revision in
            guard names[revision.release, default: []].count > 1, revision.release != revision.hash else {
                return revision
            }
            var result = revision
            result.release += "+\(revision.hash)"
            return result
        }.sorted {
            // One without a number is about to get the highest.
            ($0.number ?? .max, $0.createdAt?.milliseconds ?? 0, $0.hash)
                > ($1.number ?? .max, $1.createdAt?.milliseconds ?? 0, $1.hash)
        }
    }
}
