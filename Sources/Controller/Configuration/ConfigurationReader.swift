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
    private let folder: String
    private let variables: [String: String]
    private var warnings: [Fault] = []
    private var remarks: [Fault] = []
    private var known: Set<Fault> = []
    private var shared = SharedPlaces()
    /// By the place of the list, so that environments share what comes from one set of defaults.
    private var alarmLists: [Mark: [AlarmDefinition]] = [:]

    static let applicationKeys = ["repository", "dependencies", "defaults", "environments"]
    static let environmentKeys = [
        "stage", "target", "alarms", "highSeverity", "bake", "progressDeadline", "replaceUnhealthyAfter",
        "instanceAlarmThreshold",
        "proactiveRollback", "strategy", "metrics",
    ]
    static let targetKeys = [
        "kind", "directory", "command", "instances", "ports", "health", "stop", "keepReleases", "front", "flags",
        "variables", "show", "metrics",
    ]
    static let alarmKeys = [
        "name", "kind", "severity", "scope", "above", "below", "for", "period", "treatMissingData",
        "minimumRequests", "percentile", "pattern", "metric", "labels", "rate",
    ]

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
        for key in ["ledger", "applications", "dashboard", "advisories"] {
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
    private mutating func path(_ node: YAMLNode, _ what: String) -> String? {
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

    private mutating func remark(_ mark: Mark, _ message: FaultMessage, mend: String) {
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
            root, known: ["ledger", "applications", "freezes", "dashboard", "advisories"], of: "the configuration",
            elsewhere: Self.elsewhere)
        if let freezes = keys["freezes"] {
            reader.report(
                freezes.mark, "freezes are not supported by this version", mend: "remove the key “freezes” for now")
        }
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
        for pair in applications { application(pair, &result) }
        shared.reportDirectories(reader)
        result.warnings = warnings
        result.remarks = remarks + shared.portRemarks(file: reader.file)
        return result
    }

    /// A path, or `{path: …, group: …, keep: …}`.
    private mutating func ledger(_ node: YAMLNode, _ result: inout Configuration) {
        guard node.pairs != nil else {
            if let path = path(node, "ledger") { result.ledger = path }
            return
        }
        let keys = reader.mapping(node, known: ["path", "group", "keep"], of: "ledger")
        if let node = keys["path"], let path = path(node, "path") { result.ledger = path }
        if let keep = keys["keep"], let duration = reader.duration(keep, "keep") {
            if duration < Self.shortestKeep {
                reader.report(
                    keep.mark, "keep is \(duration.inWords): events are looked at for longer than that",
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
    private func checkLook(_ name: String, _ what: String, _ mark: Mark) {
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
        readPolicy(keys, &policy)
        checkBake(policy, (keys["bake"] ?? keys["alarms"])?.mark ?? mark)
        if let ports = specification.ports {
            policy.instanceLimit = ports.count
            shared.add(ports, of: address, target["ports"]?.mark ?? targetNode.mark)
            checkPorts(ports, policy, address, target["ports"]?.mark ?? targetNode.mark)
        }
        let metrics = metrics(keys["metrics"] ?? target["metrics"], alarms)
        return Configuration.Environment(
            address: address, position: position, policy: policy, target: specification, metrics: metrics)
    }

    // MARK: policy

    private func readPolicy(_ keys: [String: YAMLNode], _ policy: inout EnvironmentPolicy) {
        if let node = keys["bake"] {
            let bake = reader.mapping(
                node, known: ["duration", "minimumRequests", "maximum", "whenInconclusive"], of: "bake")
            if let duration = bake["duration"].flatMap({ reader.duration($0, "duration") }) {
                policy.bake.duration = duration
                policy.bake.maximum = duration * 8
            }
            if let maximum = bake["maximum"].flatMap({ reader.duration($0, "maximum") }) {
                policy.bake.maximum = maximum
                if maximum < policy.bake.duration {
                    reader.report(
                        bake["maximum"]?.mark ?? node.mark, "the bake's maximum is shorter than its duration",
                        mend: "give at least the duration")
                }
            }
            if let node = bake["minimumRequests"] {
                policy.bake.minimumRequests = reader.number(node, "minimumRequests", in: 0...Int.max) ?? 0
            }
            if let node = bake["whenInconclusive"] {
                policy.whenInconclusive =
                    reader.choice(node, "whenInconclusive", EnvironmentPolicy.Inconclusive.self) ?? .ask
            }
        }
        if let node = keys["progressDeadline"], let value = reader.duration(node, "progressDeadline") {
            policy.progressDeadline = value
        }
        if let node = keys["replaceUnhealthyAfter"], let value = reader.duration(node, "replaceUnhealthyAfter") {
            policy.replaceUnhealthyAfter = value
        }
        if let node = keys["instanceAlarmThreshold"],
            let value = reader.number(node, "instanceAlarmThreshold", in: 1...1000)
        {
            policy.instanceAlarmThreshold = value
        }
        if let node = keys["proactiveRollback"],
            let value = reader.choice(node, "proactiveRollback", EnvironmentPolicy.ProactiveRollback.self)
        {
            policy.proactiveRollback = value
        }
        if let node = keys["strategy"] { readStrategies(node, &policy) }
        if let node = keys["highSeverity"], let text = reader.text(node, "highSeverity") {
            let mark = Mark(line: node.mark.line, column: node.mark.column + (node.isPlain ? 0 : 1))
            policy.highSeverity = highSeverity(text, mark, policy.alarms) ?? policy.highSeverity
        }
    }

    /// A bake that ends before an alarm has judged a whole window of the new release would have seen the old one.
    private mutating func checkBake(_ policy: EnvironmentPolicy, _ mark: Mark) {
        for alarm in policy.alarms where alarm.window > policy.bake.duration {
            remark(
                mark,
                "the bake lasts \(policy.bake.duration.inWords), but alarm \(alarm.name) looks back "
                    + "\(alarm.window.inWords) (\(alarm.evaluationPeriods) periods of \(alarm.period.inWords))",
                mend: "it will last \(policy.shortestBake.inWords); write that, or let the alarm look back less")
        }
    }

    private func readStrategies(_ node: YAMLNode, _ policy: inout EnvironmentPolicy) {
        if node.pairs == nil {
            if let strategy = strategy(node, policy.instances) {
                (policy.deployStrategy, policy.rollbackStrategy) = (strategy, strategy)
            }
            return
        }
        let keys = reader.mapping(node, known: ["deploy", "rollback"], of: "strategy")
        if let node = keys["deploy"], let value = strategy(node, policy.instances) {
            policy.deployStrategy = value
            if keys["rollback"] == nil { policy.rollbackStrategy = value }
        }
        if let node = keys["rollback"], let value = strategy(node, policy.instances) {
            policy.rollbackStrategy = value
        }
    }

    private func strategy(_ node: YAMLNode, _ instances: Int) -> Strategy? {
        var kindNode = node
        var keys: [String: YAMLNode] = [:]
        if node.pairs != nil {
            keys = reader.mapping(node, known: ["kind", "maxUnavailable", "maxSurge"], of: "strategy")
            guard let kind = keys["kind"] else {
                reader.report(node.mark, "this strategy has no kind", mend: "add “kind: rolling” or “kind: allAtOnce”")
                return nil
            }
            kindNode = kind
        }
        if let text = kindNode.text, ["blueGreen", "flag"].contains(text) {
            reader.report(
                kindNode.mark, "strategy \(text) is not supported by this version", mend: "use rolling or allAtOnce")
            return nil
        }
        guard let kind = reader.choice(kindNode, "strategy", Strategy.Kind.self) else { return nil }
        var result = kind == .rolling ? Strategy.rolling : Strategy.allAtOnce(instances: instances)
        if let node = keys["maxUnavailable"] {
            result.maxUnavailable = reader.share(node, "maxUnavailable", of: instances) ?? 0
        }
        if let node = keys["maxSurge"] { result.maxSurge = reader.share(node, "maxSurge", of: instances) ?? 1 }
        if result.maxUnavailable == 0, result.maxSurge == 0 {
            reader.report(
                node.mark, "with maxUnavailable 0 and maxSurge 0 no instance can ever be exchanged",
                mend: "raise one of them")
        }
        return result
    }

    private func highSeverity(_ text: String, _ mark: Mark, _ alarms: [AlarmDefinition]) -> AlarmExpression? {
        do {
            let expression = try AlarmExpression(parsing: text)
            for name in expression.names.sorted() where !alarms.contains(where: { $0.name == name }) {
                let known = alarms.map(\.name)
                let mend =
                    nearest(name, known).map { "did you mean “\($0)”?" }
                    ?? "alarms here: \(known.joined(separator: ", "))"
                reader.report(mark, "highSeverity names “\(name)”, which is no alarm here", mend: mend)
            }
            return expression
        } catch {
            let place = Mark(line: mark.line, column: mark.column + error.offset)
            reader.report(place, "highSeverity: \(error.message)", mend: "write it as “any(faults, slow) or cpu”")
            return nil
        }
    }

    // MARK: alarms

    private mutating func alarmList(_ node: YAMLNode) -> [AlarmDefinition] {
        if let known = alarmLists[node.mark] { return known }
        let alarms = reader.list(node, "alarms").compactMap { alarm($0) }
        checkAlarmNames(alarms, node)
        alarmLists[node.mark] = alarms
        return alarms
    }

    private func checkAlarmNames(_ alarms: [AlarmDefinition], _ node: YAMLNode) {
        var seen: Set<String> = []
        for alarm in alarms where !seen.insert(alarm.name).inserted {
            reader.report(
                node.mark, "two alarms are called “\(alarm.name)”",
                mend: "rename one of them")
        }
    }

    private mutating func alarm(_ node: YAMLNode) -> AlarmDefinition? {
        let keys = reader.mapping(node, known: Self.alarmKeys, of: "an alarm")
        guard let kindNode = keys["kind"], let kindName = reader.text(kindNode, "kind") else {
            reader.report(
                node.mark, "this alarm has no kind", mend: "add one of \(AlarmKind.names.joined(separator: ", "))")
            return nil
        }
        guard let kind = alarmKind(kindName, keys, kindNode.mark) else { return nil }
        if keys["above"] != nil, let below = keys["below"] {
            reader.report(
                below.mark, "this alarm has both “above” and “below”", mend: "keep one, or make two alarms of it")
        }
        for (key, value) in keys.sorted(by: { $0.value.mark < $1.value.mark })
        where AlarmKind.keysOfKinds.contains(key) && !kind.ownKeys.contains(key) {
            remark(value.mark, "“\(key)” means nothing to an alarm of kind \(kindName)", mend: "remove it")
        }
        let comparison: AlarmDefinition.Comparison = keys["above"] != nil ? .above : .below
        guard let limit = keys["above"] ?? keys["below"],
            let threshold = reader.quantity(limit, "the threshold", for: kind)
        else {
            if keys["above"] == nil, keys["below"] == nil {
                reader.report(node.mark, "this alarm has no threshold", mend: "add “above:” or “below:”")
            }
            return nil
        }
        let isUrgent = ["faultRate", "latency", "health"].contains(kind.name)
        var result = AlarmDefinition(
            name: keys["name"].flatMap { reader.text($0, "name") } ?? kind.name, kind: kind,
            severity: isUrgent ? .high : .medium, comparison: comparison, threshold: threshold)
        if let (reason, mend) = result.foregone {
            reader.report(
                limit.mark, "the threshold of alarm \(result.name), \(limit.text ?? ""), \(words: reason)", mend: mend)
        }
        checkLook(result.name, "an alarm", keys["name"]?.mark ?? node.mark)
        if let node = keys["severity"] { result.severity = reader.choice(node, "severity", Severity.self) ?? .high }
        if let node = keys["scope"] { result.scope = reader.choice(node, "scope", AlarmScope.self) ?? .service }
        if let node = keys["for"], let (needed, periods) = reader.datapoints(node, "for") {
            result.datapointsToAlarm = needed
            result.evaluationPeriods = periods
        }
        if let node = keys["period"], let period = reader.duration(node, "period") {
            result.period = period
            if period < .milliseconds(100) {
                reader.report(node.mark, "the period is shorter than 100 ms", mend: "give at least 100ms")
            }
        }
        if let node = keys["treatMissingData"] {
            result.treatMissingData =
                reader.choice(node, "treatMissingData", MissingDataTreatment.self) ?? .missing
        }
        if let node = keys["minimumRequests"] {
            result.minimumRequests = reader.number(node, "minimumRequests", in: 1...Int.max) ?? 1
        }
        return result
    }

    private func alarmKind(_ name: String, _ keys: [String: YAMLNode], _ mark: Mark) -> AlarmKind? {
        switch name {
        case "faultRate": return .faultRate
        case "latency":
            let text = keys["percentile"].flatMap { reader.text($0, "percentile") } ?? "99"
            guard let percentile = Double(text), percentile > 0, percentile < 100 else {
                reader.report(
                    keys["percentile"]?.mark ?? mark, "percentile is “\(text)”",
                    mend: "give a number between 0 and 100, such as 99")
                return nil
            }
            if percentile < 1 {
                let meant = "\(percentile * 100)".replacing(/\.0$/, with: "")
                reader.report(
                    keys["percentile"]?.mark ?? mark, "percentile is “\(text)”, less than one in a hundred",
                    mend: "write \(meant) where that is meant")
            }
            return .latency(percentile: percentile)
        case "cpu": return .cpu
        case "memory": return .memory
        case "disk": return .disk
        case "logErrors":
            let pattern = keys["pattern"].flatMap { reader.text($0, "pattern") } ?? "ERROR|FATAL|panic|Traceback"
            if let fault = patternFault(pattern) {
                reader.report(
                    keys["pattern"]?.mark ?? mark, "the pattern is no regular expression: \(fault)",
                    mend: "give a POSIX extended one")
                return nil
            }
            return .logErrors(pattern: pattern)
        case "health": return .health
        case "metric":
            guard let node = keys["metric"], let metric = reader.text(node, "metric") else {
                reader.report(mark, "this alarm names no metric", mend: "add “metric: NAME”")
                return nil
            }
            var labels: [String: String] = [:]
            for pair in keys["labels"].map({ reader.freeMapping($0, of: "labels") }) ?? [] {
                labels[pair.key] = reader.text(pair.value, "a label")
            }
            return .metric(
                name: metric, labels: labels, isRate: keys["rate"].flatMap { reader.flag($0, "rate") } ?? false)
        default:
            let mend = nearest(name, AlarmKind.names).map { "did you mean “\($0)”?" }
            reader.report(
                mark, "there is no alarm of kind “\(name)”",
                mend: mend ?? "give one of \(AlarmKind.names.joined(separator: ", "))")
            return nil
        }
    }

    private func metrics(_ node: YAMLNode?, _ alarms: [AlarmDefinition]) -> MetricsEndpoint {
        var result = MetricsEndpoint()
        let shortest = alarms.map(\.period).min() ?? result.every
        result.every = min(result.every, shortest)
        guard let node else { return result }
        if node.isNull || node.text == "none" {
            result.path = nil
            return result
        }
        let keys = reader.mapping(node, known: ["path", "every", "requests", "duration", "status"], of: "metrics")
        result.path = keys["path"].flatMap { reader.text($0, "path") } ?? result.path
        result.requests = keys["requests"].flatMap { reader.text($0, "requests") } ?? result.requests
        result.duration = keys["duration"].flatMap { reader.text($0, "duration") } ?? result.duration
        result.status = keys["status"].flatMap { reader.text($0, "status") } ?? result.status
        if let node = keys["every"], let every = reader.duration(node, "every") {
            result.every = max(every, .milliseconds(100))
            if every > shortest {
                reader.report(
                    node.mark, "metrics are read every \(every.inWords), but an alarm's period is \(shortest.inWords)",
                    mend: "read at least once a period")
            }
        }
        return result
    }

    // MARK: the local target

    private mutating func localTarget(
        _ keys: [String: YAMLNode], _ address: EnvironmentAddress, _ mark: Mark
    ) -> LocalTargetSpecification? {
        let kind = keys["kind"].flatMap { reader.text($0, "kind") }
        guard kind == "local" else {
            let place = keys["kind"]?.mark ?? mark
            if let kind {
                reader.report(
                    place, "targets of kind “\(kind)” are not supported by this version", mend: "use kind: local")
            } else {
                reader.report(place, "the target of \(address) has no kind", mend: "add “kind: local”")
            }
            return nil
        }
        for name in ["front", "flags"] {
            guard let node = keys[name] else { continue }
            reader.report(node.mark, "“\(name)” is not supported by this version", mend: "remove it for now")
        }
        guard let directoryNode = keys["directory"] else {
            reader.report(mark, "the target of \(address) has no directory", mend: "add “directory: /srv/…”")
            return nil
        }
        guard let directory = path(directoryNode, "directory") else { return nil }
        guard let commandNode = keys["command"] else {
            reader.report(mark, "the target of \(address) has no command", mend: "add “command: [./server]”")
            return nil
        }
        let command =
            commandNode.items != nil
            ? reader.list(commandNode, "command").compactMap { reader.text($0, "a word of the command") }
            : reader.text(commandNode, "command").map { ["/bin/sh", "-c", $0] } ?? []
        if command.isEmpty { reader.report(commandNode.mark, "the command is empty", mend: "name a program") }
        var result = LocalTargetSpecification(directory: directory, command: command)
        shared.add(result.directory, of: address, directoryNode.mark)
        result.ports = keys["ports"].flatMap(ports)
        for pair in keys["variables"].map({ reader.freeMapping($0, of: "variables") }) ?? [] {
            result.variables[pair.key] = reader.text(pair.value, "a variable")
        }
        for node in keys["show"].map({ reader.list($0, "show") }) ?? [] {
            guard let name = reader.text(node, "the name of a variable to show") else { continue }
            if result.variables[name] == nil {
                reader.report(
                    node.mark, "“show” names \(name), which is no variable of \(address)",
                    mend: "name one of “variables:”, or remove it")
            }
            result.shown.insert(name)
        }
        if let node = keys["health"] { readHealth(node, &result.health) }
        if let node = keys["stop"] { readStop(node, &result) }
        if let node = keys["keepReleases"] {
            result.keepReleases = reader.number(node, "keepReleases", in: 0...1000) ?? result.keepReleases
        }
        return result
    }

    private func ports(_ node: YAMLNode) -> ClosedRange<Int>? {
        guard node.items == nil else {
            reader.report(node.mark, "ports is a list", mend: "give a range such as 8100-8109")
            return nil
        }
        guard let text = reader.text(node, "ports") else { return nil }
        let written = text.split(separator: "-", omittingEmptySubsequences: false)
        if written.contains(where: { reader.hasLeadingZero(node, "ports", String($0)) }) { return nil }
        let parts = written.map { Int($0) ?? -1 }
        let bounds = parts.count == 1 ? [parts[0], parts[0]] : parts
        guard bounds.count == 2, bounds[0] <= bounds[1], bounds[0] > 0, bounds[1] < 65536 else {
            reader.report(node.mark, "ports is “\(text)”", mend: "give a range such as 8100-8109")
            return nil
        }
        return bounds[0]...bounds[1]
    }

    private func checkPorts(
        _ ports: ClosedRange<Int>, _ policy: EnvironmentPolicy, _ address: EnvironmentAddress, _ mark: Mark
    ) {
        let surge = max(policy.deployStrategy.maxSurge, policy.rollbackStrategy.maxSurge)
        let needed = policy.instances + surge
        guard ports.count < needed else { return }
        let mend = "give at least \(needed), such as \(ports.lowerBound)-\(ports.lowerBound + needed - 1)"
        reader.report(
            mark,
            "\(ports.count) ports are too few for \(policy.instances) instances of \(address) "
                + "and \(surge) more during a rollout", mend: mend)
    }

    private func readHealth(_ node: YAMLNode, _ health: inout LocalTargetSpecification.HealthCheck) {
        let keys = reader.mapping(
            node, known: ["path", "timeout", "every", "healthyAfter", "unhealthyAfter"], of: "health")
        if let node = keys["path"], let path = reader.text(node, "path") {
            health.path = path.hasPrefix("/") ? path : "/\(path)"
        }
        if let node = keys["timeout"] { health.timeout = reader.duration(node, "timeout") ?? health.timeout }
        if let node = keys["every"] { health.every = reader.duration(node, "every") ?? health.every }
        if let node = keys["healthyAfter"] {
            health.healthyAfter = reader.number(node, "healthyAfter", in: 1...100) ?? health.healthyAfter
        }
        if let node = keys["unhealthyAfter"] {
            health.unhealthyAfter = reader.number(node, "unhealthyAfter", in: 1...100) ?? health.unhealthyAfter
        }
    }

    private func readStop(_ node: YAMLNode, _ result: inout LocalTargetSpecification) {
        let keys = reader.mapping(node, known: ["signal", "grace"], of: "stop")
        let signals: [String: Int32] = [
            "TERM": SIGTERM, "INT": SIGINT, "QUIT": SIGQUIT, "HUP": SIGHUP, "USR1": SIGUSR1, "USR2": SIGUSR2,
            "KILL": SIGKILL,
        ]
        if let node = keys["signal"], let text = reader.text(node, "signal") {
            if let number = signals[text.replacing("SIG", with: "")] {
                result.stopSignal = number
            } else {
                let names = signals.keys.sorted().joined(separator: ", ")
                reader.report(node.mark, "signal is “\(text)”", mend: "give one of \(names)")
            }
        }
        if let node = keys["grace"] { result.stopGrace = reader.duration(node, "grace") ?? result.stopGrace }
    }
}
