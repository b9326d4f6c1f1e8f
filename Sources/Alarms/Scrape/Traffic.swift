import Model

/// Requests that an instance has served.
struct Requests: Equatable {
    var all = 0.0
    var withStatus = 0.0
    var faults = 0.0

    static func + (left: Requests, right: Requests) -> Requests {
        Requests(
            all: left.all + right.all, withStatus: left.withStatus + right.withStatus,
            faults: left.faults + right.faults)
    }
}

/// Why something cannot be told.
struct Missing: Error, Equatable {
    var why: String
}

/// Reads requests and durations out of what was counted, by whichever of the names the instance uses.
struct Traffic {
    let names: MetricNames
    let exposition: Exposition
    let counting: Counting
    /// Where it was looked, for people.
    let place: String

    /// All requests, with or without a status.
    var served: Double? { names.requests.indices.first(where: isThere).map { requests($0).all } }

    /// The requests by their status.
    func faults() throws(Missing) -> Requests {
        guard let first = names.requests.indices.first(where: isThere) else {
            throw Missing(why: "no \(list(names.requests)) at \(place)")
        }
        guard let index = names.requests.indices.first(where: hasStatus) else {
            throw Missing(
                why: "\(names.requests[first]) at \(place) has no label \(list(names.statusLabels)) with a status")
        }
        if hasGap({ if case .requests(index, _) = $0 { true } else { false } }) {
            throw Missing(why: gap(names.requests[index]))
        }
        return requests(index)
    }

    /// How long requests took, and the name of the histogram that says so.
    func durations() throws(Missing) -> (histogram: Histogram, name: String) {
        let all = names.histograms.indices.filter { bounds($0) != nil }
        guard let index = all.first(where: { bounds($0)?.contains(where: \.isFinite) == true }) ?? all.first else {
            throw Missing(why: "no histogram \(list(names.histograms)) at \(place)")
        }
        let name = names.histograms[index]
        if hasGap({ if case .bucket(index, _) = $0 { true } else { false } }) { throw Missing(why: gap(name)) }
        var buckets: [Double: Double] = [:]
        for bound in bounds(index) ?? [] {
            buckets[bound] = counting.counted[.bucket(histogram: index, bound: bound)] ?? 0
        }
        return (Histogram(buckets), name)
    }

    private func isThere(_ index: Int) -> Bool {
        hasStatus(index) || exposition.seen.contains(.requests(name: index, status: .unknown))
    }

    private func hasStatus(_ index: Int) -> Bool {
        exposition.seen.contains(.requests(name: index, status: .fault))
            || exposition.seen.contains(.requests(name: index, status: .other))
    }

    private func requests(_ index: Int) -> Requests {
        func counted(_ status: Count.Status) -> Double {
            counting.counted[.requests(name: index, status: status)] ?? 0
        }
        let (faults, other) = (counted(.fault), counted(.other))
        return Requests(all: faults + other + counted(.unknown), withStatus: faults + other, faults: faults)
    }

    private func bounds(_ index: Int) -> [Double]? {
        let found = exposition.seen.compactMap { count -> Double? in
            if case .bucket(index, let bound) = count { bound } else { nil }
        }
        return found.isEmpty ? nil : found
    }

    private func hasGap(_ isMeant: (Count) -> Bool) -> Bool { counting.gaps.keys.contains(where: isMeant) }

    func gap(_ name: String) -> String {
        exposition.leftOut > 0
            ? "\(place) has more than \(Exposition.mostSeries) series; \(name) was not read whole"
            : "\(name) at \(place) has a value that is no count"
    }
}
