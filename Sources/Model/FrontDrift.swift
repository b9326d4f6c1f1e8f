/// What somebody else has made of an environment's front. It is told and left as it is: a server that is drained by hand
/// is a person's act.
public struct FrontDrift: Hashable, Sendable {
    /// One thing that is not as lastgood made it.
    public struct Finding: Hashable, Sendable {
        /// `server s2 of instance #2 (port 8102) is drained`
        public var found: String
        /// What is to be so instead, as it follows “though”: `it is to get requests`.
        public var wanted: String
        /// Whether requests do not go where they are to go.
        public var movesTraffic: Bool
        /// The slots of the instances that it keeps from requests.
        public var keptOut: [Int]

        public init(_ found: String, though wanted: String, movesTraffic: Bool, keptOut: [Int] = []) {
            self.found = found
            self.wanted = wanted
            self.movesTraffic = movesTraffic
            self.keptOut = keptOut
        }

        public var inWords: String { "\(found), though \(wanted)" }
    }

    /// What matters most comes first; never empty.
    public var findings: [Finding]

    /// - Returns: `nil` where nothing was found.
    public init?(_ findings: [Finding]) {
        guard !findings.isEmpty else { return nil }
        self.findings = findings.filter(\.movesTraffic) + findings.filter { !$0.movesTraffic }
    }

    /// To be read into.
    init(findings: [Finding]) { self.findings = findings }

    /// Whether requests do not go where lastgood says they do.
    public var movesTraffic: Bool { findings.contains(where: \.movesTraffic) }

    /// The slots of the instances that somebody else keeps from requests.
    public var keptOut: Set<Int> { Set(findings.flatMap(\.keptOut)) }

    /// `somebody else has changed the front: server s2 of instance #2 (port 8102) is drained, though it is to get requests`
    public var inWords: String {
        let more = findings.count > Self.told ? "; and \(findings.count - Self.told) more" : ""
        return "somebody else has changed the front: "
            + findings.prefix(Self.told).map(\.inWords).joined(separator: "; ") + more
    }

    private static let told = 3
}

extension EnvironmentState {
    /// What somebody else keeps from instances of a release; `nil` where nobody does.
    public func frontDrift(keepingOut release: String) -> FrontDrift? {
        guard let drift = frontDrift else { return nil }
        let slots = instances.filter { $0.release == release && $0.isReady }.map(\.slot)
        return drift.keptOut.isDisjoint(with: slots) ? nil : drift
    }
}
