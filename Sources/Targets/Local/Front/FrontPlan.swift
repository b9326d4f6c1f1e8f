import Model

/// What a front is to be told, and what somebody else has made of it.
///
/// What lastgood told it last is what it knows to be its own; whatever else is not as wanted is somebody's act.
struct FrontPlan: Equatable {
    /// In one line that is carried out as a whole: who comes is there before anybody goes.
    private(set) var commands: [String] = []
    /// What is not as lastgood made it.
    private(set) var findings: [FrontDrift.Finding] = []
    /// The wanted ports that somebody else keeps from requests, and that are left so.
    private(set) var keptOut: Set<Int> = []
    /// Ports at which nothing is wanted for now, and that somebody else has taken out before: they stay out when they are
    /// wanted again.
    private(set) var heldOut: Set<Int> = []
    /// The ports that requests are to go to, and to go to no longer, once it was told.
    private(set) var comes: Set<Int> = []
    private(set) var leaves: Set<Int> = []
    /// Whether there are too few places for those that come.
    private(set) var isCrowded = false

    private let report: HAProxyReport
    private let order: FrontOrder
    private let memory: FrontMemory?

    /// - Parameter memory: what it was told last; `nil` where nobody knows, so that everything is told.
    init(_ report: HAProxyReport, _ order: FrontOrder, memory: FrontMemory?) {
        (self.report, self.order, self.memory) = (report, order, memory)
        letIn()
        letOut()
    }

    /// What the front has been told once all this is done.
    var told: Set<Int> {
        guard order.wanted.isEmpty else { return order.ports.union(heldOut) }
        // Who stops as the last one stays behind it until it is gone. What nobody knows for certain is as it is found.
        let certain: Set<Int> = memory.map { memory in memory.told.filter { memory.isCertain($0) } } ?? []
        let found: Set<Int> = report.serving.filter { memory?.isCertain($0) != true }
        return certain.union(found).subtracting(leaves).intersection(order.others.map(\.port))
    }

    /// Whether what a port is found at is lastgood's own doing, or nobody knows.
    private func isOwn(_ port: Int, toldIn: Bool) -> Bool {
        guard let memory, memory.isCertain(port) else { return true }
        return memory.told.contains(port) == toldIn
    }

    private mutating func letIn() {
        var free = report.slots.filter { $0.isClosed && !order.ports.contains($0.port) }[...]
        for place in order.wanted {
            let known = report.slots.filter { $0.isHere && $0.port == place.port }
            if known.contains(where: \.isServing) { continue }
            if !isOwn(place.port, toldIn: false) {
                findings.append(missing(place, known))
                guard order.setsRight else {
                    keptOut.insert(place.port)
                    continue
                }
            }
            comes.insert(place.port)
            if let slot = known.first(where: { !$0.isClosed }) ?? known.first {
                if slot.weight != slot.usualWeight { commands.append("set server \(slot.path) weight 100%") }
                commands.append("set server \(slot.path) state ready")
            } else if let slot = free.popFirst() {
                commands.append("set server \(slot.path) addr \(HAProxyReport.here) port \(place.port)")
                if slot.weight != slot.usualWeight { commands.append("set server \(slot.path) weight 100%") }
                commands.append("set server \(slot.path) state ready")
            } else {
                isCrowded = true
            }
        }
    }

    private mutating func letOut() {
        var first: [Int: String] = [:]
        for slot in report.slots where !slot.isClosed {
            if !slot.isHere {
                leaveStranger(slot, "server \(slot.name) sends requests to \(slot.address):\(slot.port)")
            } else if let place = order.wanted.first(where: { $0.port == slot.port }) {
                guard slot.isServing else { continue }
                if let other = first[slot.port] {
                    findings.append(
                        .init(
                            "server \(slot.name) sends requests to \(place.name), too", though: "\(other) does",
                            movesTraffic: false))
                    if order.setsRight { commands.append("set server \(slot.path) state drain") }
                } else if slot.weight != slot.usualWeight {
                    findings.append(
                        .init(
                            "server \(slot.name) of \(place.name) has weight \(slot.weight)",
                            though: "it is to have \(slot.usualWeight)", movesTraffic: false))
                    if order.setsRight { commands.append("set server \(slot.path) weight 100%") }
                }
                first[slot.port] = first[slot.port] ?? slot.name
            } else {
                letOut(slot)
            }
        }
    }

    /// One whose instance is to get nothing, or is gone.
    private mutating func letOut(_ slot: HAProxyReport.Slot) {
        let owner = order.others.first { $0.port == slot.port }
        guard slot.isServing else {
            if let owner, !owner.isLeaving, memory?.isCertain(slot.port) == true,
                memory?.told.contains(slot.port) == true
            {
                heldOut.insert(slot.port)
                return
            }
            // Nobody looks at it any more, and another may have its place.
            if slot.openRequests == 0 || owner == nil { commands.append("set server \(slot.path) state maint") }
            return
        }
        // It never points at nothing while somebody is there.
        if order.wanted.isEmpty, owner != nil { return }
        guard isOwn(slot.port, toldIn: true) || owner?.isLeaving == true else {
            if let owner {
                findings.append(
                    .init(
                        "server \(slot.name) sends requests to \(owner.name)", though: "it is to get none",
                        movesTraffic: true))
                if order.setsRight { leave(slot, "drain") }
            } else {
                leaveStranger(slot, "server \(slot.name) sends requests to port \(slot.port)")
            }
            return
        }
        // What an instance does not own any more may soon be anybody's.
        leave(slot, owner == nil ? "maint" : "drain")
    }

    private mutating func leaveStranger(_ slot: HAProxyReport.Slot, _ found: String) {
        guard slot.takesRequests else { return }
        findings.append(.init(found, though: "no instance is there", movesTraffic: true))
        if order.setsRight { leave(slot, "maint") }
    }

    private mutating func leave(_ slot: HAProxyReport.Slot, _ state: String) {
        if slot.isHere { leaves.insert(slot.port) }
        commands.append("set server \(slot.path) state \(state)")
    }

    private func missing(_ place: FrontOrder.Place, _ known: [HAProxyReport.Slot]) -> FrontDrift.Finding {
        guard let slot = known.first(where: { !$0.isClosed }) ?? known.first else {
            return .init(
                "no server sends requests to \(place.name)", though: "it is to get them", movesTraffic: true,
                keptOut: [place.slot])
        }
        let state = slot.isClosed ? "is in maintenance" : slot.isDraining ? "is drained" : "has weight 0"
        return .init(
            "server \(slot.name) of \(place.name) \(state)", though: "it is to get requests", movesTraffic: true,
            keptOut: [place.slot])
    }
}
