import Decisions
import Model
import YAML

/// How a release takes the place of another, forward and back.
extension ConfigurationReader {
    private static let defaultKeepOld: Duration = .seconds(1800)
    private static let defaultBoxBake: Duration = .seconds(300)

    /// A strategy for both ways, or `{deploy: …, rollback: …}`.
    func readStrategies(_ node: YAMLNode, _ policy: inout EnvironmentPolicy) {
        let isOne = node.pairs.map { pairs in pairs.contains { $0.key == "kind" } } ?? true
        let keys = isOne ? ["deploy": node] : reader.mapping(node, known: ["deploy", "rollback"], of: "strategy")
        if let node = keys["deploy"], let value = strategy(node, policy) {
            policy.deployStrategy = value
            policy.rollbackStrategy = value.back
        }
        guard let node = keys["rollback"], node.text != "fastest" else { return }
        // Back, there is only the flag that is turned on forward.
        let isSameFlag = node.text == "flag" && policy.deployStrategy.kind == .flag
        guard let value = isSameFlag ? policy.deployStrategy : strategy(node, policy) else { return }
        if case .oneBox = value {
            reader.report(
                node.mark, "a rollback waits for no one box", mend: "use “rollback: fastest”, or rolling, or allAtOnce")
        }
        if case .flag(let flag, _) = value, policy.deployStrategy.flag != flag {
            reader.report(
                node.mark, "a rollback turns off only what its deployment has turned on",
                mend: "use strategy flag with the same flag for “deploy”, or “rollback: fastest”")
        }
        policy.rollbackStrategy = value
        policy.flagsBack = value.kind == .flag
        // Who names a way wants that one; a second set is shifted to all the same where it stands already.
        policy.flipsBack = value.kind == .blueGreen
    }

    private func strategy(_ node: YAMLNode, _ policy: EnvironmentPolicy) -> Strategy? {
        var kindNode = node
        var keys: [String: YAMLNode] = [:]
        if node.pairs != nil {
            keys = reader.mapping(
                node,
                known: ["kind", "maxUnavailable", "maxSurge", "keepOld", "bake", "then", "flag", "on", "off"],
                of: "strategy")
            guard let kind = keys["kind"] else {
                reader.report(node.mark, "this strategy has no kind", mend: "add “kind: rolling” or “kind: allAtOnce”")
                return nil
            }
            kindNode = kind
        }
        guard let kind = reader.choice(kindNode, "strategy", Strategy.Kind.self) else { return nil }
        func report(unused names: [String]) {
            for name in names {
                guard let node = keys[name] else { continue }
                reader.report(node.mark, "“\(name)” says nothing to strategy \(kind.rawValue)", mend: "remove it")
            }
        }
        switch kind {
        case .rolling, .allAtOnce:
            report(unused: ["keepOld", "bake", "then", "flag", "on", "off"])
            return .exchange(exchange(kind == .rolling ? .rolling : .allAtOnce, keys, policy.instances, node))
        case .blueGreen:
            report(unused: ["maxUnavailable", "maxSurge", "bake", "then", "flag", "on", "off"])
            if !policy.hasFront {
                reader.report(
                    kindNode.mark, "strategy blueGreen needs a front, which moves the requests",
                    mend: "add “front: {port: 8080}” to the target, or use rolling")
            }
            return .blueGreen(
                keepOld: keys["keepOld"].flatMap { reader.duration($0, "keepOld") } ?? Self.defaultKeepOld)
        case .oneBox:
            report(unused: ["keepOld", "flag", "on", "off"])
            let then = keys["then"].flatMap { reader.choice($0, "then", Exchange.Kind.self) } ?? .rolling
            return .oneBox(
                bake: keys["bake"].flatMap { reader.duration($0, "bake") } ?? Self.defaultBoxBake,
                then: exchange(then, keys, policy.instances, node))
        case .flag:
            report(unused: ["keepOld", "bake"])
            guard let flag = flagSwitch(keys, kindNode, policy) else { return nil }
            let then = keys["then"].flatMap { reader.choice($0, "then", AfterFlag.self) } ?? .rolling
            guard let kind = then.exchange else {
                report(unused: ["maxUnavailable", "maxSurge"])
                return .flag(flag, then: nil)
            }
            return .flag(flag, then: exchange(kind, keys, policy.instances, node))
        }
    }

    private func exchange(
        _ kind: Exchange.Kind, _ keys: [String: YAMLNode], _ instances: Int, _ node: YAMLNode
    ) -> Exchange {
        var result = kind == .rolling ? Exchange.rolling : Exchange.allAtOnce(instances: instances)
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
}

extension Strategy {
    /// The same way back, where nothing is to be waited for.
    fileprivate var back: Strategy {
        switch self {
        case .oneBox(_, let exchange): .exchange(exchange)
        case .flag: .exchange(exchange)
        case .exchange, .blueGreen: self
        }
    }
}
