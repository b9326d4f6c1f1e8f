import Decisions
import Model
import Targets
import YAML

/// What follows a flag that a rollback has turned off.
enum AfterFlag: String, CaseIterable {
    case rolling, allAtOnce, none

    var exchange: Exchange.Kind? {
        switch self {
        case .rolling: .rolling
        case .allAtOnce: .allAtOnce
        case .none: nil
        }
    }
}

/// The flag of a strategy, and whether its file has it.
extension ConfigurationReader {
    private static let example = "{kind: flag, flag: new-checkout, on: new, off: old}"

    func flagSwitch(_ keys: [String: YAMLNode], _ kind: YAMLNode, _ policy: EnvironmentPolicy) -> FlagSwitch? {
        if !policy.hasFlags {
            reader.report(
                kind.mark, "strategy flag needs the flag file that the service reads",
                mend: "add “flags: /srv/…/flags.json” to the target, or use rolling")
        }
        let missing = ["flag", "on", "off"].filter { keys[$0] == nil }.map { "“\($0)”" }
        if !missing.isEmpty {
            reader.report(
                kind.mark, "this strategy has no \(missing.joined(separator: ", "))",
                mend: "write it as \(Self.example)")
        }
        func name(_ key: String) -> String? {
            guard let node = keys[key], let text = reader.text(node, key) else { return nil }
            checkLook(text, key == "flag" ? "a flag" : "a variant", node.mark)
            return text
        }
        let (flag, on, off) = (name("flag"), name("on"), name("off"))
        guard let flag, let on, let off else { return nil }
        if on == off, let node = keys["off"] {
            reader.report(
                node.mark, "“on” and “off” are both \(on): nothing would change", mend: "name the variant of before")
        }
        return FlagSwitch(flag: flag, on: on, off: off)
    }

    /// Looks whether the file has the flag and both variants. The file changes by itself, so that what it lacks keeps
    /// nobody from acting.
    mutating func checkFlag(
        _ policy: EnvironmentPolicy, _ target: LocalTargetSpecification, _ address: EnvironmentAddress,
        _ strategy: YAMLNode?
    ) {
        guard let flag = policy.deployStrategy.flag, let path = target.flags, let strategy else { return }
        let deploy = strategy.pairs?.last { $0.key == "deploy" }?.value ?? strategy
        func mark(_ key: String) -> Mark { deploy.pairs?.last { $0.key == key }?.value.mark ?? deploy.mark }
        shared.add(flag: flag.flag, in: path, of: address, mark("flag"))
        func warn(_ mark: Mark, _ what: String, _ mend: String) {
            warnings.append(Fault(file: reader.file, mark: mark, message: "\(what)", mend: mend))
        }
        let document: FlagDocument
        do throws(TargetError) { document = try FlagFile(path).read().document } catch {
            return warn(mark("flag"), error.description, "mend the file, or correct “flags” of the target")
        }
        let known: FlagDocument.Flag
        do throws(FlagFault) { known = try document.flag(flag.flag) } catch {
            let mend = nearest(flag.flag, document.names).map { "did you mean “\($0)”?" } ?? "add it to the file"
            return warn(mark("flag"), "the flag file \(path): \(error)", mend)
        }
        for (key, variant) in [("on", flag.on), ("off", flag.off)] where !known.variants.contains(variant) {
            let fault = FlagFault.noVariant(variant, of: flag.flag, among: known.variants)
            let mend = nearest(variant, known.variants).map { "did you mean “\($0)”?" } ?? "name one that there is"
            warn(mark(key), "the flag file \(path): \(fault)", mend)
        }
        if known.isDisabled {
            warn(mark("flag"), "the flag file \(path): \(FlagFault.disabled(flag.flag))", "set its “state” to ENABLED")
        }
        if known.hasTargeting {
            remark(
                mark("flag"),
                "flag \(flag.flag) has “targeting”, which outranks what it is set to: whom it picks out sees no rollback",
                mend: "let its rules lead to null where the default is to count")
        }
    }
}
