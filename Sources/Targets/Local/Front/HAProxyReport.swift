/// What a running HAProxy says of itself, in one answer.
///
/// Source: HAProxy's management guide, section 9.3: `show info`, `show servers state`, `show stat`.
struct HAProxyReport: Equatable {
    /// A place for an instance.
    struct Slot: Equatable {
        var name: String
        var port: Int
        /// Whether it takes no requests and is not looked at: nobody is in it, or nobody any more.
        var isClosed: Bool
        /// Whether it takes no new requests.
        var isDraining: Bool
        var openRequests = 0

        var isServing: Bool { !isClosed && !isDraining }
    }

    var pid: Int32
    var slots: [Slot]

    /// What is to be asked.
    static let question = [
        "show info", "show servers state \(HAProxyConfiguration.backend)",
        "show stat \(HAProxyConfiguration.backend) 4 -1",
    ].joined(separator: ";")

    /// The administrative states of a server, as bits; see `server-state-file` in the management guide.
    private enum Administration {
        static let maintenance = 0x01
        static let drain = 0x08
    }

    /// `nil` where that is no answer of an HAProxy.
    init?(parsing text: String) {
        var pid: Int32?
        var slots: [Slot] = []
        var open: [Substring: Int] = [:]
        var columns: [Substring: Int] = [:]
        for line in text.split(separator: "\n") {
            if line.hasPrefix("Pid: ") {
                pid = Int32(line.dropFirst(5))
            } else if line.hasPrefix("# pxname,") {
                for (index, name) in line.dropFirst(2).split(separator: ",").enumerated() { columns[name] = index }
            } else if line.hasPrefix("\(HAProxyConfiguration.backend),") {
                let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                func number(_ column: Substring) -> Int {
                    columns[column].flatMap { fields.indices.contains($0) ? Int(fields[$0]) : nil } ?? 0
                }
                open[fields[1]] = number("scur") + number("qcur")
            } else if let slot = Self.slot(line) {
                slots.append(slot)
            }
        }
        guard let pid else { return nil }
        self.pid = pid
        self.slots = slots.map { slot in
            var slot = slot
            slot.openRequests = open[slot.name[...]] ?? 0
            return slot
        }
    }

    /// A line of `show servers state`: `be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state …`, the port
    /// being the nineteenth.
    private static func slot(_ line: Substring) -> Slot? {
        let fields = line.split(separator: " ")
        guard fields.count > 18, fields[1] == HAProxyConfiguration.backend, let state = Int(fields[6]),
            let port = Int(fields[18])
        else { return nil }
        return Slot(
            name: String(fields[3]), port: port, isClosed: state & Administration.maintenance != 0,
            isDraining: state & Administration.drain != 0)
    }

    /// The ports that new requests go to.
    var serving: Set<Int> { Set(slots.filter(\.isServing).map(\.port)) }

    func openRequests(at port: Int) -> Int {
        slots.filter { $0.port == port && !$0.isClosed }.reduce(0) { $0 + $1.openRequests }
    }

    /// The commands that send new requests to these ports and to no others, in one line that is carried out as a whole:
    /// who comes is there before anybody goes.
    /// - Returns: `nil` where there are too few slots.
    func commands(toSendTo ports: [Int]) -> [String]? {
        guard !ports.isEmpty else { return [] }
        var commands: [String] = []
        var free = slots.filter { $0.isClosed && !ports.contains($0.port) }[...]
        for port in ports {
            let known = slots.filter { $0.port == port }
            if known.contains(where: \.isServing) { continue }
            if let slot = known.first(where: \.isDraining) ?? known.first {
                commands.append("set server \(path(slot)) state ready")
            } else if let slot = free.popFirst() {
                commands.append("set server \(path(slot)) addr 127.0.0.1 port \(port)")
                commands.append("set server \(path(slot)) state ready")
            } else {
                return nil
            }
        }
        var kept: Set<Int> = []
        for slot in slots where !slot.isClosed {
            let isWanted = ports.contains(slot.port) && (slot.isServing ? kept.insert(slot.port).inserted : true)
            if isWanted { continue }
            if slot.isServing {
                commands.append("set server \(path(slot)) state drain")
            } else if slot.openRequests == 0 {
                // Nobody looks at it any more, and another may have its place.
                commands.append("set server \(path(slot)) state maint")
            }
        }
        return commands
    }

    private func path(_ slot: Slot) -> String { "\(HAProxyConfiguration.backend)/\(slot.name)" }
}
