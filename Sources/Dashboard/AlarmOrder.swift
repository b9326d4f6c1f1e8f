import Model

/// One alarm of the whole fleet, as it shows now.
struct AlarmRow: Equatable, Sendable {
    var address: EnvironmentAddress
    var status: AlarmStatus

    /// Worst first.
    static func < (left: AlarmRow, right: AlarmRow) -> Bool {
        let (here, there) = (left.rank, right.rank)
        if here != there { return here < there }
        if left.address != right.address { return left.address < right.address }
        return left.status.label < right.status.label
    }

    private var rank: Int {
        let state =
            switch status.state {
            case .alarm: 0
            case .insufficientData: 1
            case .ok: 2
            }
        let severity =
            switch status.severity {
            case .high: 0
            case .medium: 1
            case .low: 2
            }
        return state * 3 + severity
    }
}

extension ViewState {
    /// Puts all alarms in their order, which with ten thousand environments takes a while: whatever only touches some
    /// of them is for ``rearrangeAlarms(of:)``.
    mutating func arrangeAlarms() {
        let addresses = (fleet?.environments ?? [:]).keys
        alarmRows = addresses.flatMap(rowsOfAlarms).sorted { $0 < $1 }
    }

    /// Takes in what the alarms of some environments show now; all others stay where they are.
    mutating func rearrangeAlarms(of addresses: Set<EnvironmentAddress>) {
        let rows = addresses.flatMap(rowsOfAlarms)
        // Most of what is looked at every two seconds is as it was.
        var known: [AlarmRow] = []
        for row in alarmRows where addresses.contains(row.address) { known.append(row) }
        if rows.count == known.count, rows.allSatisfy(known.contains) { return }
        alarmRows.removeAll { addresses.contains($0.address) }
        for row in rows {
            // After all that are not worse.
            var (low, high) = (0, alarmRows.count)
            while low < high {
                let middle = (low + high) / 2
                if row < alarmRows[middle] { high = middle } else { low = middle + 1 }
            }
            alarmRows.insert(row, at: low)
        }
    }

    private func rowsOfAlarms(_ address: EnvironmentAddress) -> [AlarmRow] {
        (environment(address)?.alarms ?? []).map { AlarmRow(address: address, status: $0) }
    }

    /// Finds out which environments belong together; they change with the configuration only.
    mutating func groupEnvironments() {
        let states = fleet?.environments ?? [:]
        siblings = Dictionary(grouping: states.keys, by: \.application)
        releases.environments = environments(of: releases.application)
    }

    /// In the order of the configuration.
    func environments(of application: String) -> [EnvironmentAddress] {
        (siblings[application] ?? []).map { (position: fleet?.environments[$0]?.position ?? 0, address: $0) }
            .sorted { ($0.position, $0.address) < ($1.position, $1.address) }.map(\.address)
    }
}

extension EventBody {
    /// Whether there may be another environment after it, or one less, or they come in another order.
    var changesEnvironments: Bool {
        switch self {
        case .environmentDeclared, .environmentRemoved: true
        default: false
        }
    }
}
