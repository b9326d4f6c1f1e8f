import Decisions
import Foundation
import Model
import Targets
import YAML

/// The target `kind: local`.
extension ConfigurationReader {
    mutating func localTarget(
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
        if let node = keys["flags"] { result.flags = path(node, "flags") }
        if let node = keys["front"] { result.front = front(node, result, address) }
        if let node = keys["health"] { readHealth(node, &result.health) }
        if let node = keys["stop"] { readStop(node, &result) }
        if let node = keys["keepReleases"] {
            result.keepReleases = reader.number(node, "keepReleases", in: 0...1000) ?? result.keepReleases
        }
        return result
    }

    private mutating func front(
        _ node: YAMLNode, _ target: LocalTargetSpecification, _ address: EnvironmentAddress
    ) -> FrontSpecification? {
        let keys = reader.mapping(node, known: ["port", "drain"], of: "front")
        guard let portNode = keys["port"] else {
            reader.report(node.mark, "the front of \(address) has no port", mend: "write “front: {port: 8080}”")
            return nil
        }
        guard let port = reader.number(portNode, "port", in: 1...65535) else { return nil }
        var result = FrontSpecification(port: port)
        if let node = keys["drain"] { result.drain = reader.duration(node, "drain") ?? result.drain }
        shared.add(front: port, of: address, portNode.mark)
        if let range = result.portsOfConnections {
            remark(
                portNode.mark,
                "port \(port) of the front is one of those that this machine gives to connections "
                    + "(\(range.lowerBound)-\(range.upperBound)): while one has it, the front cannot start",
                mend: "give it one below \(range.lowerBound)")
        }
        if let objection = result.objection(in: target.directory) {
            warnings.append(
                Fault(file: reader.file, mark: portNode.mark, message: "\(objection.what)", mend: objection.mend))
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

    func checkPorts(
        _ ports: ClosedRange<Int>, _ policy: EnvironmentPolicy, _ address: EnvironmentAddress, _ mark: Mark
    ) {
        let needed = policy.mostInstances
        let surge = needed - policy.instances
        guard ports.count < needed else { return }
        let mend = "give at least \(needed), such as \(ports.lowerBound)-\(ports.lowerBound + needed - 1)"
        reader.report(
            mark,
            "\(ports.count) ports are too few for \(policy.instances) instances of \(address) "
                + (policy.needsTwoSets
                    ? "twice: with blueGreen two sets run at once" : "and \(surge) more during a rollout"),
            mend: mend)
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
