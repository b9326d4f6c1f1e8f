import Alarms
import Compare
import Decisions
import Foundation
import Ledger
import Model
import Targets
import YAML

/// Turns the nodes of a configuration file into a ``Configuration``.
struct ConfigurationReader {
    let reader: Reader
    let folder: String
    let variables: [String: String]
    var warnings: [Fault] = []
    private var remarks: [Fault] = []
    private var known: Set<Fault> = []
    var shared = SharedPlaces()
    /// Globs of gates, and where they stand.
    var watchedGlobs: [(String, Mark)] = []
    /// Aggregates that count what is on elsewhere, as they are written.
    var aggregates: [EnvironmentAddress: WrittenAggregate] = [:]
    /// Environments whose part of the file has such faults that nothing is known of them.
    var unread: Set<EnvironmentAddress> = []
    /// By the place of the list, so that environments share what comes from one set of defaults.
    var alarmLists: [Mark: [AlarmDefinition]] = [:]
    /// By name.
    var sources: [String: ReadSource] = [:]
    /// Those whose part of the file has such faults that nothing is known of them.
    var faultySources: Set<String> = []

    static let topKeys = ["ledger", "applications", "sources", "freezes", "notifications", "dashboard", "advisories"]
    static let applicationKeys = ["repository", "dependencies", "defaults", "environments"]
    static let environmentKeys = [
        "stage", "target", "alarms", "highSeverity", "bake", "progressDeadline", "replaceUnhealthyAfter",
        "instanceAlarmThreshold", "comparison",
        "proactiveRollback", "strategy", "metrics", "gates",
    ]
    static let targetKeys = [
        "kind", "directory", "command", "instances", "ports", "health", "stop", "keepReleases", "front", "flags",
        "variables", "show", "metrics",
    ]
    static let alarmKeys =
        [
            "name", "kind", "severity", "scope", "above", "below", "for", "period", "treatMissingData",
            "minimumRequests", "percentile", "pattern", "metric", "labels", "rate", "source",
        ] + queriedKeys + ["matchers", "silence"]

    /// What to do about keys that stand in the wrong place.
    private static let elsewhere: [String: String] = {
        var result: [String: String] = [:]
        for key in environmentKeys where !targetKeys.contains(key) {
            result[key] = "it belongs into an environment, or into the “defaults:” of an application"
        }
        for key in targetKeys where !environmentKeys.contains(key) {
            result[key] = "it belongs into the “target:” of an environment"
        }
        for key in applicationKeys {
            result[key] = "it belongs into an application, below “applications:”"
        }
        for key in topKeys {
            result[key] = "it belongs to the top of the file, without indentation"
        }
        return result
    }()

    init(path: String, variables: [String: String]) {
        reader = Reader(file: path)
        self.variables = variables
        let absolute = URL(fileURLWithPath: path).standardizedFileURL
        folder = absolute.deletingLastPathComponent().path
    }

    /// A path, which is not empty.
    mutating func path(_ node: YAMLNode, _ what: String) -> String? {
        guard let text = reader.text(node, what) else { return nil }
        guard !text.isEmpty else {
            reader.report(node.mark, "“\(what)” is empty", mend: "give a path, or leave the key out")
            return nil
        }
        if text.contains("$") {
            remark(
                node.mark, "\(what) is “\(text)”, and “$” is taken as it stands: no variable is put in",
                mend: "write the path out; “~/” is the home folder")
        }
        return resolve(text)
    }

    mutating func remark(_ mark: Mark, _ message: FaultMessage, mend: String) {
        let remark = Fault(file: reader.file, mark: mark, message: message, mend: mend)
        // Environments share what stands in the defaults.
        if known.insert(remark).inserted { remarks.append(remark) }
    }

    /// `~` is the home folder; a relative path starts where the configuration lies.
    private func resolve(_ path: String) -> String {
        if path == "~" || path.hasPrefix("~/") { return (variables["HOME"] ?? "") + path.dropFirst() }
        if path.hasPrefix("/") { return path }
        return URL(fileURLWithPath: "\(folder)/\(path)").standardizedFileURL.path
    }

    /// What a new setup uses, by the XDG base directory specification.
    static func defaultLedger(_ variables: [String: String]) -> String {
        let state = variables["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return "\(state ?? "\(variables["HOME"] ?? "")/.local/state")/lastgood/ledger.sqlite"
    }

    /// - Parameter isOutline: whether only the ledger and the dashboard's settings are wanted.
    mutating func configuration(_ root: YAMLNode, isOutline: Bool = false) -> Configuration? {
        let keys = reader.mapping(
            root, known: Self.topKeys, of: "the configuration", elsewhere: Self.elsewhere)
        var result = Configuration(
            path: reader.file, ledger: Self.defaultLedger(variables), applications: [], environments: [],
            dashboard: Configuration.Dashboard(), warnings: [])
        if let node = keys["ledger"] { ledger(node, &result) }
        if let node = keys["advisories"] { result.advisories = path(node, "advisories") }
        if let node = keys["dashboard"] {
            let dashboard = reader.mapping(node, known: ["theme", "window"], of: "dashboard")
            result.dashboard.theme = dashboard["theme"].flatMap { reader.text($0, "theme") }
            result.dashboard.window = dashboard["window"].flatMap { reader.duration($0, "window") }
        }
        if isOutline { return result }
        // What is no mapping at all has been told.
        guard root.pairs != nil || root.isNull else { return nil }
        let applications = keys["applications"].map {
            reader.entries($0, of: "applications", eachWith: "environments", known: Self.applicationKeys)
        }
        guard let applications, !applications.isEmpty else {
            if keys["applications"].map({ $0.pairs != nil || $0.isNull }) ?? true {
                reader.report(
                    keys["applications"]?.mark ?? root.mark, "no applications are configured",
                    mend: "add “applications:” with one in it")
            }
            return nil
        }
        if let node = keys["sources"] { readSources(node) }
        for pair in applications { application(pair, &result) }
        result.sources = sources.values.map(\.specification).sorted { $0.name < $1.name }
        placeAggregates(&result.environments)
        result.placeGates()
        checkWatchedGlobs(result.environments)
        if let node = keys["freezes"] { result.freezes = freezes(node, result.environments) }
        if let node = keys["notifications"] { result.notifications = notifications(node, result.environments) }
        shared.reportDirectories(reader)
        shared.reportFronts(reader)
        shared.reportFlags(reader)
        result.warnings = warnings
        result.remarks = remarks + shared.portRemarks(file: reader.file)
        return result
    }

    /// A path, or `{path: …, group: …, keep: …}`.
    private mutating func ledger(_ node: YAMLNode, _ result: inout Configuration) {
        defer {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: result.ledger, isDirectory: &isFolder), isFolder.boolValue {
                reader.report(
                    node.mark, "the ledger \(result.ledger) is a folder",
                    mend: "name a file in it, such as \(result.ledger)/ledger.sqlite")
            }
        }
        guard node.pairs != nil else {
            if let path = path(node, "ledger") { result.ledger = path }
            return
        }
        let keys = reader.mapping(node, known: ["path", "group", "keep"], of: "ledger")
        if let node = keys["path"], let path = path(node, "path") { result.ledger = path }
        if let keep = keys["keep"], let duration = reader.duration(keep, "keep") {
            if duration < Self.shortestKeep {
                reader.report(
                    keep.mark, "keep is \(duration.inFull): events are looked at for longer than that",
                    mend: "give at least 7d; most keep 400d")
            }
            result.ledgerKeep = duration
        }
        guard let group = keys["group"], let name = reader.text(group, "group") else { return }
        if getgrnam(name) == nil {
            reader.report(
                group.mark, "this machine has no group “\(name)”",
                mend: "make it, or leave “group” out: the ledger is its owner's alone then")
        }
        result.ledgerAccess = .group(name)
    }

    /// Alarms, bakes and holds are over by then, and an incident has been looked into.
    private static let shortestKeep: Duration = .seconds(7 * 86_400)

    private func checkName(_ pair: YAMLNode.Pair, _ what: String) {
        if let (reason, mend) = NameRule.fault(pair.key) {
            reader.report(pair.keyMark, "\(what) \(reason)", mend: mend)
        }
        checkLook(pair.key, what, pair.keyMark)
    }

    /// What looks like a secret would be hidden wherever it is shown.
    func checkLook(_ name: String, _ what: String, _ mark: Mark) {
        let safe = Secrets.hiding(in: name)
        if safe != name {
            reader.report(
                mark, "\(what) cannot be called “\(safe)”: that looks like a secret", mend: "give it another name")
        }
    }

    private mutating func application(_ pair: YAMLNode.Pair, _ result: inout Configuration) {
        checkName(pair, "an application")
        let keys = reader.mapping(
            pair.value, known: Self.applicationKeys,
            of: "application \(pair.key)", elsewhere: Self.elsewhere)
        var application = Configuration.Application(name: pair.key, repository: nil, dependencies: [])
        if let node = keys["repository"] {
            let isRemote = node.text.map { Repository.isRemote($0) } ?? false
            application.repository = isRemote ? node.text : path(node, "repository")
            if let path = application.repository, !isRemote, !FileManager.default.fileExists(atPath: path) {
                warnings.append(
                    Fault(
                        file: reader.file, mark: node.mark, message: "there is no repository at \(path)",
                        mend: "correct the path; rollbacks work without it, comparing sources does not"))
            }
        }
        if let node = keys["dependencies"] {
            application.dependencies = reader.list(node, "dependencies").compactMap { reader.text($0, "a path") }
        }
        result.applications.append(application)
        let defaults = keys["defaults"]
        if let defaults {
            _ = reader.mapping(
                defaults, known: Self.environmentKeys, of: "defaults of \(pair.key)", elsewhere: Self.elsewhere)
        }
        let environments =
            keys["environments"].map {
                reader.entries(
                    $0, of: "environments of \(pair.key)", eachWith: "target", known: Self.environmentKeys)
            } ?? []
        if environments.isEmpty, keys["environments"].map({ $0.pairs != nil || $0.isNull }) ?? true {
            let mend = "add “environments:” with one in it"
            if let empty = keys["environments"]?.mark {
                remark(empty, "application \(pair.key) has no environments", mend: mend)
            } else {
                reader.report(pair.keyMark, "application \(pair.key) has no environments", mend: mend)
            }
        }
        for environment in environments {
            checkName(environment, "an environment")
            let address = EnvironmentAddress(application: pair.key, environment: environment.key)
            let node = defaults?.merged(with: environment.value) ?? environment.value
            if let read = self.environment(node, address, environment.keyMark, result.environments.count) {
                result.environments.append(read)
            } else {
                unread.insert(address)
            }
        }
    }

    private mutating func environment(
        _ node: YAMLNode, _ address: EnvironmentAddress, _ mark: Mark, _ position: Int
    ) -> Configuration.Environment? {
        let keys = reader.mapping(
            node, known: Self.environmentKeys, of: "environment \(address)", elsewhere: Self.elsewhere)
        guard let targetNode = keys["target"] else {
            reader.report(mark, "environment \(address) has no target", mend: "add “target: {kind: local, …}”")
            return nil
        }
        let target = reader.mapping(
            targetNode, known: Self.targetKeys, of: "target of \(address)", elsewhere: Self.elsewhere)
        guard let specification = localTarget(target, address, targetNode.mark) else { return nil }
        let alarms = keys["alarms"].map { alarmList($0) } ?? []
        var policy = EnvironmentPolicy(
            stage: keys["stage"].flatMap { reader.text($0, "stage") } ?? address.environment, alarms: alarms)
        policy.instances =
            target["instances"].flatMap { reader.number($0, "instances", in: 1...1000) } ?? policy.instances
        policy.hasFront = target["front"] != nil
        policy.hasFlags = specification.flags != nil
        readPolicy(keys, &policy)
        if let node = keys["highSeverity"] { readAggregate(node, of: address, &policy) }
        checkFlag(policy, specification, address, keys["strategy"])
        if let node = keys["gates"] { policy.gates = gates(node) }
        checkBake(policy, (keys["bake"] ?? keys["alarms"])?.mark ?? mark)
        if let ports = specification.ports {
            policy.instanceLimit = ports.count
            shared.add(ports, of: address, target["ports"]?.mark ?? targetNode.mark)
            checkPorts(ports, policy, address, target["ports"]?.mark ?? targetNode.mark)
        }
        let metrics = metrics(keys["metrics"] ?? target["metrics"], alarms)
        checkStartWhen(policy, metrics, address, keys["bake"])
        return Configuration.Environment(
            address: address, position: position, policy: policy, target: specification, metrics: metrics)
    }
}
