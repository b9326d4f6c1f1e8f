import Model

/// How much came with a release: what it changed against the one that it replaced.
public struct ChangeSize: Equatable, Sendable {
    public var commits: Int
    public var lines: Int
    public var majorDependencies: Int
    public var migrations: Int

    public init(commits: Int, lines: Int, majorDependencies: Int = 0, migrations: Int = 0) {
        self.commits = commits
        self.lines = lines
        self.majorDependencies = majorDependencies
        self.migrations = migrations
    }
}

/// What is known when one asks which release brought an alarm.
public struct SuspectEvidence: Sendable {
    public var environment: EnvironmentState
    /// The environment's deployments, newest first.
    public var history: [DeploymentRecord]
    /// The other environments of the application.
    public var others: [EnvironmentState]
    public var application: ApplicationState
    /// The environment's samples, by the names of the series.
    public var series: [String: [Sample]]
    /// The alarms that went on here before, each as it was when it did.
    public var alarmsBefore: [AlarmStatus]
    /// Since when all of them are known; `nil` where they always were.
    public var alarmsKnownSince: Timestamp?
    /// By release.
    public var sizes: [String: ChangeSize]
    public var now: Timestamp

    public init(
        environment: EnvironmentState, history: [DeploymentRecord], others: [EnvironmentState],
        application: ApplicationState, series: [String: [Sample]] = [:], alarmsBefore: [AlarmStatus] = [],
        alarmsKnownSince: Timestamp? = nil, sizes: [String: ChangeSize] = [:], now: Timestamp
    ) {
        self.environment = environment
        self.history = history
        self.others = others
        self.application = application
        self.series = series
        self.alarmsBefore = alarmsBefore
        self.alarmsKnownSince = alarmsKnownSince
        self.sizes = sizes
        self.now = now
    }
}

/// A release that may have brought an alarm.
public struct Suspect: Equatable, Sendable {
    /// Something that speaks for or against it.
    public struct Reason: Equatable, Sendable {
        public var sentence: String
        /// Above zero where it speaks against the release, below where it speaks for it; as logarithms of odds.
        public var weight: Double
    }

    public var release: String
    public var order: Int64
    /// When it last went live here.
    public var liveFrom: Timestamp
    /// When its first instance last came here, which is what every reason counts from.
    public var came: Timestamp
    /// When it was last replaced here; `nil` where it was not.
    public var left: Timestamp?
    /// The release that was live here until it came; `nil` where none was, as far as is known.
    public var replaced: String?
    /// Its share of the suspicion, from 0 to 1; what all of them leave is for causes that are no release.
    public var share: Double
    /// The weightiest first.
    public var reasons: [Reason]
}

/// Which releases may have brought an alarm, the likeliest first.
public struct SuspectRanking: Equatable, Sendable {
    /// The alarm that it is about; `nil` where none is on.
    public var alarm: AlarmStatus?
    /// When what the alarm sees began.
    public var began: Timestamp?
    /// Whether that was found in the samples; else it is when the alarm went on.
    public var isMeasured = false
    public var suspects: [Suspect] = []

    public init() {}

    /// The shares in percent, as whole numbers that make a hundred: of each suspect, and last of what is no release.
    public var percents: [Int] { Self.percents(suspects.map(\.share)) }

    static func percents(_ shares: [Double]) -> [Int] {
        let exact = (shares + [max(0, 1 - shares.reduce(0, +))]).map { $0 * 100 }
        var result = exact.map { Int(nearest: $0.rounded(.down)) }
        // Those that lost most by that get what is left.
        let order = exact.indices.sorted { (exact[$1] - Double(result[$1]), $0) < (exact[$0] - Double(result[$0]), $1) }
        for index in order.prefix(max(0, 100 - result.reduce(0, +))) { result[index] += 1 }
        return result
    }
}

/// Ranks the releases of an environment by how likely they brought the worst alarm that is on.
public func rankSuspects(_ evidence: SuspectEvidence) -> SuspectRanking {
    Inquiry(evidence).ranking()
}

private struct Inquiry {
    private let evidence: SuspectEvidence
    private let alarm: AlarmStatus?

    /// More releases back than this have been lived with.
    private static let candidates = 8
    /// Samples come in seconds, clocks differ by less.
    private static let tolerance: Duration = .seconds(15)

    init(_ evidence: SuspectEvidence) {
        self.evidence = evidence
        alarm = evidence.environment.alarmsOn.first
    }

    func ranking() -> SuspectRanking {
        var ranking = SuspectRanking()
        guard let alarm else { return ranking }
        ranking.alarm = alarm
        let measured = alarm.comparison == .above ? series(alarm).flatMap(changePoint) : nil
        // Samples that rise only after the alarm went on tell nothing of its beginning.
        let rise = measured.flatMap { $0.time <= alarm.since ? $0.time : nil }
        let began = rise ?? alarm.since
        ranking.began = began
        ranking.isMeasured = rise != nil
        var seen: Set<String> = []
        // One that was taken back before it was live everywhere is the likeliest of all.
        let candidates = evidence.history.filter {
            ($0.liveFrom ?? $0.startedAt) != nil && seen.insert($0.release).inserted
        }
        let scored = candidates.prefix(Self.candidates).map { record in
            (record, reasons(record, alarm, began, isMeasured: rise != nil))
        }
        // Tempered: the reasons are not independent of each other.
        let weights = scored.map { exponential(0.7 * $0.1.reduce(0) { $0 + $1.weight }) }
        // A cause that is no release at all counts as one for which nothing speaks, and nothing against it.
        let sum = weights.reduce(1, +)
        ranking.suspects = zip(scored, weights).map { scored, weight in
            let stay = Stay(scored.0)
            return Suspect(
                release: scored.0.release, order: scored.0.releaseOrder,
                liveFrom: scored.0.liveFrom ?? scored.0.startedAt ?? evidence.now,
                came: stay?.came ?? evidence.now, left: stay?.left,
                replaced: evidence.history.replaced(by: scored.0.release)?.release, share: weight / sum,
                reasons: scored.1.sorted { abs($0.weight) > abs($1.weight) })
        }.sorted { ($1.share, $0.order) < ($0.share, $1.order) }
        return ranking
    }

    private func series(_ alarm: AlarmStatus) -> [Sample]? {
        evidence.series[SampleSeries.name(alarm.kind, instance: alarm.instanceKey)]
    }

    private func reasons(
        _ record: DeploymentRecord, _ alarm: AlarmStatus, _ began: Timestamp, isMeasured: Bool
    ) -> [Suspect.Reason] {
        var reasons: [Suspect.Reason] = []
        func add(_ weight: Double, _ sentence: String) {
            reasons.append(Suspect.Reason(sentence: sentence, weight: weight))
        }
        timing(record, alarm, began, isMeasured, add)
        neighbours(record.release, alarm, add)
        cohorts(record.release, alarm, add)
        if let why = evidence.application.bad[record.release] { add(2, "a person marked it bad: \(why)") }
        if let suspicion = evidence.application.suspects[record.release] {
            let place = suspicion.environment.map { $0 == evidence.environment.address ? "" : " in \($0)" } ?? ""
            add(1.5, "it was rolled back\(place): \(suspicion.reason)")
        }
        if evidence.application.good[record.release] != nil { add(-0.5, "a person marked it good") }
        switch goingBack(from: record.release)?.hasHelped {
        case true?: add(1.5, "going back from it ended the alarm before")
        case false?: add(-3, "going back from it did not help")
        case nil: break
        }
        if let size = evidence.sizes[record.release] { describe(size, add) }
        return reasons
    }

    /// Whether the newest rollback that left the release here has helped.
    private func goingBack(from release: String) -> RollbackJudgement? {
        evidence.history.first { $0.judgement != nil && $0.leaving == release }?.judgement
    }

    // MARK: when

    private func timing(
        _ record: DeploymentRecord, _ alarm: AlarmStatus, _ began: Timestamp, _ isMeasured: Bool,
        _ add: (Double, String) -> Void
    ) {
        let source = isMeasured ? "in the samples" : "when the alarm went on"
        let stays = evidence.history.filter { $0.release == record.release }.compactMap { Stay($0) }
        guard let stay = stays.filter({ $0.came <= began + Self.tolerance }).max(by: { $0.came < $1.came }) else {
            return add(-4, "it came here after the trouble began (\(source))")
        }
        if let left = stay.left, left + Self.tolerance < began {
            return add(-3, "it was no longer live here when the trouble began")
        }
        let delay = max(.zero, began - stay.came)
        switch delay {
        case ..<Duration.seconds(600):
            add(2.5, "the trouble began \(delay.inWords) after it came here (\(source))")
        case ..<Duration.seconds(86_400):
            add(1.5, "it had been here for \(delay.inWords) when the trouble began (\(source))")
        default:
            add(0.8, "it had been here for \(delay.inWords) when the trouble began: a latent cause, if it is one")
        }
        earlier(record.release, stays.filter { ($0.left ?? evidence.now) < stay.came }, alarm, add)
    }

    /// What was seen while the release was here before.
    private func earlier(
        _ release: String, _ stays: [Stay], _ alarm: AlarmStatus, _ add: (Double, String) -> Void
    ) {
        guard !stays.isEmpty else { return }
        let seen = evidence.alarmsBefore.filter { before in stays.contains { $0.contains(before.since) } }
        if seen.contains(where: { $0.identity == alarm.identity }) {
            return add(1, "it was live here before, and \(alarm.label) went on then, too")
        }
        var names = Set(seen.map(\.label)).union(stays.flatMap(\.alarms))
        if let doubt = evidence.environment.tenures[release]?.doubt, case .alarms(let alarms) = doubt.cause,
            stays.contains(where: { $0.contains(doubt.since) })
        {
            names.formUnion(alarms)
        }
        guard names.isEmpty else {
            return add(0.3, "it was live here before, and was in alarm then: \(names.sorted().joined(separator: ", "))")
        }
        // What is not known of then does not speak for it.
        if let since = evidence.alarmsKnownSince, stays.contains(where: { $0.came < since }) { return }
        add(-1, "it was live here before, without an alarm")
    }

    // MARK: where else

    private func neighbours(_ release: String, _ alarm: AlarmStatus, _ add: (Double, String) -> Void) {
        var with: (on: [String], off: [String]) = ([], [])
        var without: (on: [String], off: [String]) = ([], [])
        for other in evidence.others where other.liveRelease != nil {
            let state = other.alarms.filter { $0.name == alarm.name }.map(\.state)
            let name = other.address.environment
            let runs = other.liveRelease == release || other.releaseInQuestion == release
            if state.contains(.alarm) {
                if runs { with.on.append(name) } else { without.on.append(name) }
            } else if !state.isEmpty, !state.contains(.insufficientData) {
                if runs { with.off.append(name) } else { without.off.append(name) }
            }
        }
        func list(_ names: [String]) -> String {
            names.sorted().prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
        }
        if !with.on.isEmpty {
            add(
                min(3, 1.5 * Double(with.on.count)),
                "\(list(with.on)) \(with.on.count == 1 ? "runs" : "run") it and shows the same")
        }
        if !with.off.isEmpty {
            add(
                -min(2, 0.7 * Double(with.off.count)),
                "\(list(with.off)) \(with.off.count == 1 ? "runs" : "run") it without the alarm")
        }
        if !without.on.isEmpty {
            add(
                -min(3, 1.5 * Double(without.on.count)),
                "\(list(without.on)) \(without.on.count == 1 ? "does" : "do") not run it and shows the same")
        }
        if !without.off.isEmpty {
            add(
                min(1.5, 0.5 * Double(without.off.count)),
                "\(list(without.off)) without it \(without.off.count == 1 ? "is" : "are") well")
        }
    }

    // MARK: which instances

    /// Where instances of several releases run side by side, they can be compared.
    private func cohorts(_ release: String, _ alarm: AlarmStatus, _ add: (Double, String) -> Void) {
        let instances = evidence.environment.instances.filter { $0.stage == .running }
        let mine = instances.filter { $0.release == release }.map(\.key)
        let rest = instances.filter { $0.release != release }.map(\.key)
        guard !mine.isEmpty, !rest.isEmpty else { return }
        func level(_ keys: [Int64]) -> Double? {
            let values = keys.flatMap { key in
                (evidence.series[SampleSeries.name(alarm.kind, instance: key)] ?? []).suffix(6).map(\.value)
            }
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        guard let here = level(mine), let there = level(rest) else { return }
        if here > 2 * there, here > 0 {
            add(2, "its instances are worse than those of other releases beside them")
        } else if there > 2 * here {
            add(-2, "its instances are better than those of other releases beside them")
        } else if there > 0 {
            add(-1.5, "instances of other releases beside it are no better")
        }
    }

    // MARK: what

    private func describe(_ size: ChangeSize, _ add: (Double, String) -> Void) {
        if size.commits == 0, size.lines == 0 { return add(-0.7, "it changes no source") }
        let weight = size.lines > 2000 ? 0.6 : size.lines > 200 ? 0.4 : 0.2
        add(
            weight,
            "it changes \(counted(size.lines, "line"))"
                + (size.commits > 0 ? " in \(counted(size.commits, "commit"))" : "")
        )
        if size.majorDependencies > 0 {
            let count = size.majorDependencies
            add(
                0.4,
                "it brings \(count == 1 ? "a new major version" : "new major versions") of \(counted(count, "dependency", plural: "dependencies"))"
            )
        }
        if size.migrations > 0 {
            add(0.3, "it brings \(counted(size.migrations, "database migration"))")
        }
    }
}

/// A time through which a release was in an environment.
private struct Stay {
    /// A release counts from its first instance, not from the moment at which it was declared live.
    var came: Timestamp
    /// `nil` where it is here still.
    var left: Timestamp?
    /// Those that made it end.
    var alarms: [String]

    /// - Returns: `nil` where no instance of it was to come.
    init?(_ record: DeploymentRecord) {
        guard let began = record.liveFrom ?? record.startedAt else { return nil }
        came = min(record.startedAt ?? record.requestedAt, began)
        left = record.liveFrom == nil ? record.endedAt : record.liveUntil
        alarms = record.alarms
    }

    func contains(_ time: Timestamp) -> Bool { came <= time && left.map { time <= $0 } ?? true }
}

/// e to the power of `value`, without a C library in the way of purity.
private func exponential(_ value: Double) -> Double {
    // Halved until the series is short, then squared back.
    let part = max(-40, min(40, value)) / 1024
    var result = 1 + part + part * part / 2 + part * part * part / 6
    for _ in 0..<10 { result *= result }
    return result
}
