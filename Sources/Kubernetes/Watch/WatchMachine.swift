import Model

/// Decides what is to be done to know all objects of a kind: list them, follow them from there, and begin anew where that
/// fails. Pure: what has happened goes in, what is to be done next and what has changed come out.
///
/// Source: what Kubernetes' own clients do, package `k8s.io/client-go/tools/cache`, type `Reflector`.
struct WatchMachine<Object: KubernetesObject> {
    /// What is to be done next.
    enum Order: Hashable, Sendable {
        case list
        case watch(from: String)
        case pause(Duration)
    }

    private enum State {
        case listing(found: [ObjectKey: Object])
        case following(version: String, hasHeard: Bool)
        case waiting(Duration, next: Next)
    }

    private enum Next {
        case list
        case watch(from: String)
    }

    private(set) var snapshot = ResourceSnapshot<Object>()
    private var state = State.listing(found: [:])
    /// Since the server was last heard of something.
    private var failures = 0

    var order: Order {
        switch state {
        case .listing: .list
        case .following(let version, _): .watch(from: version)
        case .waiting(let pause, _): .pause(pause)
        }
    }

    /// A piece of the list has come.
    mutating func take(_ piece: ListPiece<Object>, now: Timestamp) -> [ResourceNews<Object>] {
        guard case .listing(var found) = state else { return [] }
        switch piece {
        case .begin:
            state = .listing(found: [:])
            return []
        case .objects(let objects):
            // Not held twice while it grows.
            state = .listing(found: [:])
            for object in objects { found[ObjectKey(object.meta)] = object }
            state = .listing(found: found)
            return []
        case .end(let version):
            state = .following(version: version, hasHeard: false)
            let isFirst = snapshot.asOf == nil
            let changes = isFirst ? [] : Self.changes(from: snapshot.objects, to: found)
            snapshot.objects = found
            snapshot.asOf = now
            let recovery = recovered()
            if isFirst { return [.everything(snapshot)] }
            return recovery + (changes.isEmpty ? [] : [.changes(changes, asOf: now)])
        }
    }

    /// The server follows (nothing), or something has happened to objects that are followed.
    mutating func take(_ events: [WatchEvent<Object>], now: Timestamp) -> [ResourceNews<Object>] {
        guard case .following(var version, _) = state else { return [] }
        // Nothing is known yet of what has happened meanwhile: it is as of before.
        guard !events.isEmpty else { return recovered() }
        var changes: [ResourceChange<Object>] = []
        for event in events {
            switch event {
            case .added(let object), .modified(let object):
                let key = ObjectKey(object.meta)
                version = object.meta.resourceVersion
                let known = snapshot.objects.updateValue(object, forKey: key)
                changes += Self.changes(from: known, to: object)
            case .deleted(let object):
                version = object.meta.resourceVersion
                if let known = snapshot.objects.removeValue(forKey: ObjectKey(object.meta)) {
                    changes.append(.removed(known))
                }
            case .bookmark(let newer): version = newer
            }
        }
        state = .following(version: version, hasHeard: true)
        failures = 0
        snapshot.asOf = now
        return recovered() + (changes.isEmpty ? [] : [.changes(changes, asOf: now)])
    }

    /// The server has ended the watch, as it does from time to time.
    mutating func ended(chance: Double) {
        guard case .following(let version, let hasHeard) = state else { return }
        if hasHeard {
            state = .following(version: version, hasHeard: false)
        } else {
            // One that ends before it says anything is not asked again at once.
            failures += 1
            state = .waiting(Self.pause(after: failures, chance: chance), next: .watch(from: version))
        }
    }

    /// What was ordered has failed.
    mutating func failed(_ error: APIError, chance: Double) -> [ResourceNews<Object>] {
        failures += 1
        var pause = Self.pause(after: failures, chance: chance)
        if let asked = error.status?.retryAfter { pause = max(pause, min(asked, .seconds(300))) }
        switch (state, error.cause) {
        // Too old to be followed: it is listed at once, and then more and more seldom.
        case (.following, .gone): state = failures == 1 ? .listing(found: [:]) : .waiting(pause, next: .list)
        case (.following(let version, _), .unreachable), (.following(let version, _), .busy),
            (.following(let version, _), .credentials), (.following(let version, _), .unauthorized):
            state = .waiting(pause, next: .watch(from: version))
        // A server that was put back to an older state does not know the version at all: the list mends that.
        default: state = .waiting(pause, next: .list)
        }
        // What is answered by a list at once is no trouble that anybody would see.
        if case .gone = error.cause, failures == 1 { return [] }
        // A connection that is cut is made anew; what lasts is told.
        if case .unreachable(.cut) = error.cause, failures == 1, snapshot.asOf != nil { return [] }
        let isKnown = snapshot.problem == error
        snapshot.problem = error
        return isKnown ? [] : [.problem(error)]
    }

    /// The pause is over.
    mutating func waited() {
        guard case .waiting(_, let next) = state else { return }
        switch next {
        case .list: state = .listing(found: [:])
        case .watch(let version): state = .following(version: version, hasHeard: false)
        }
    }

    private mutating func recovered() -> [ResourceNews<Object>] {
        defer { snapshot.problem = nil }
        return snapshot.problem == nil ? [] : [.problem(nil)]
    }

    private static func changes(from known: Object?, to object: Object) -> [ResourceChange<Object>] {
        guard let known else { return [.added(object)] }
        if known.meta.uid != object.meta.uid { return [.removed(known), .added(object)] }
        if known.meta.resourceVersion == object.meta.resourceVersion { return [] }
        return [.changed(from: known, to: object)]
    }

    private static func changes(
        from known: [ObjectKey: Object], to found: [ObjectKey: Object]
    ) -> [ResourceChange<Object>] {
        let gone = known.filter { found[$0.key] == nil }.sorted { $0.key < $1.key }
        return gone.map { .removed($0.value) }
            + found.sorted { $0.key < $1.key }.flatMap { changes(from: known[$0.key], to: $0.value) }
    }

    /// Half of it is fixed and half is chance, so that many that fail together do not come back together.
    ///
    /// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("equal jitter").
    static func pause(after failures: Int, chance: Double) -> Duration {
        let whole = min(Duration.seconds(30), .milliseconds(500) * (1 << min(max(0, failures - 1), 10)))
        return whole / 2 + whole / 2 * min(1, max(0, chance))
    }
}
