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
        var address = HAProxyReport.here
        /// Its share of the requests, and the one with which it began.
        var weight = 1
        var usualWeight = 1

        var takesRequests: Bool { !isClosed && !isDraining && weight > 0 }
        /// Whether it points to this machine, as lastgood has it.
        var isHere: Bool { address == HAProxyReport.here }
        var isServing: Bool { takesRequests && isHere }
        /// As commands call it.
        var path: String { "\(HAProxyConfiguration.backend)/\(name)" }
    }

    /// Where instances are.
    static let here = "127.0.0.1"

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

    /// A line of `show servers state`: `be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight
    /// srv_iweight …`, the port being the nineteenth.
    private static func slot(_ line: Substring) -> Slot? {
        let fields = line.split(separator: " ")
        guard fields.count > 18, fields[1] == HAProxyConfiguration.backend, let state = Int(fields[6]),
            let port = Int(fields[18]), let weight = Int(fields[7]), let usual = Int(fields[8])
        else { return nil }
        return Slot(
            name: String(fields[3]), port: port, isClosed: state & Administration.maintenance != 0,
            isDraining: state & Administration.drain != 0, address: String(fields[4]), weight: weight,
            usualWeight: usual)
    }

    /// The ports that new requests go to.
    var serving: Set<Int> { Set(slots.filter(\.isServing).map(\.port)) }

    func openRequests(at port: Int) -> Int {
        slots.filter { $0.port == port && !$0.isClosed }.reduce(0) { $0 + $1.openRequests }
    }
}
