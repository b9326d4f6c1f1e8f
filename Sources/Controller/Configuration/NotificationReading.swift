import Foundation
import Model
import Notifications
import YAML

/// Who is told of what.
extension ConfigurationReader {
    static let channelKeys = ["slack", "pagerDuty", "webhook", "command"]
    static let notificationKeys = ["name", "on", "environments", "text", "timeout"] + channelKeys

    mutating func notifications(
        _ node: YAMLNode, _ environments: [Configuration.Environment]
    ) -> [NotificationSpecification] {
        var names: [String: Mark] = [:]
        return reader.list(node, "notifications").compactMap { item in
            let keys = reader.mapping(item, known: Self.notificationKeys, of: "a notification")
            guard let name = keys["name"].flatMap({ reader.text($0, "name") }), !name.isEmpty else {
                if keys["name"] == nil {
                    reader.report(
                        item.mark, "a notification has no name", mend: "give it one: how far it is is kept by it")
                }
                return nil
            }
            checkLook(name, "a notification", keys["name"]?.mark ?? item.mark)
            if let earlier = names.updateValue(item.mark, forKey: name) {
                reader.report(
                    item.mark, "there is a notification “\(name)” already, in line \(earlier.line)",
                    mend: "rename one of them")
            }
            let kinds = kinds(keys["on"], item.mark, name)
            let pattern = keys["environments"].map { reader.text($0, "environments") } ?? "*"
            let text = keys["text"].map { self.text($0, name) } ?? .usual
            let timeout =
                keys["timeout"].map { reader.duration($0, "timeout") } ?? NotificationSpecification.usualTimeout
            let channel = channel(keys, item.mark, name)
            guard let kinds, let pattern, let text, let timeout, let channel else { return nil }
            if let node = keys["timeout"], timeout <= .zero {
                reader.report(node.mark, "timeout is \(timeout.inFull)", mend: "give at least 100ms")
            }
            let read = NotificationSpecification(
                name: name, kinds: kinds, environments: pattern, text: text, channel: channel, timeout: timeout)
            if let mark = keys["environments"]?.mark,
                !environments.contains(where: { globMatches(pattern, $0.address.description) })
            {
                remark(
                    mark, "notification \(name) is for “\(pattern)”, and no environment is called so",
                    mend: "name environments by glob, as */prod-*")
            }
            return read
        }
    }

    private func kinds(_ node: YAMLNode?, _ mark: Mark, _ name: String) -> Set<NotificationKind>? {
        let known = NotificationKind.allCases.map(\.rawValue)
        guard let node else {
            reader.report(
                mark, "notification \(name) does not say what it is about",
                mend: "add “on: [rollback, failed]”; known are \(known.joined(separator: ", "))")
            return nil
        }
        // One alone needs no brackets.
        let items = node.items ?? [node]
        var kinds: Set<NotificationKind> = []
        for item in items {
            guard let word = reader.text(item, "on") else { return nil }
            guard let kind = NotificationKind(rawValue: word) else {
                let mend = nearest(word, known).map { "did you mean “\($0)”?" }
                reader.report(
                    item.mark, "“\(word)” is nothing that a notification can be about",
                    mend: mend ?? "known are \(known.joined(separator: ", "))")
                return nil
            }
            kinds.insert(kind)
        }
        if kinds.isEmpty {
            reader.report(
                node.mark, "notification \(name) is about nothing", mend: "name what it is about, or remove it")
        }
        return kinds
    }

    private func text(_ node: YAMLNode, _ name: String) -> NoticeText? {
        guard let text = reader.text(node, "text") else { return nil }
        let known = NoticeText.Field.allCases.map(\.rawValue)
        do throws(NoticeText.Problem) {
            return try NoticeText(parsing: text)
        } catch {
            switch error {
            case .unknownField(let word):
                let mend = nearest(word, known).map { "did you mean “{\($0)}”?" }
                reader.report(
                    node.mark, "the text of notification \(name) has a field “{\(word)}”, which is not known",
                    mend: mend ?? "known are \(known.joined(separator: ", "))")
            case .loneBrace:
                reader.report(
                    node.mark, "the text of notification \(name) has a brace without its partner",
                    mend: "write a brace itself twice: “{{”")
            }
            return nil
        }
    }

    private mutating func channel(
        _ keys: [String: YAMLNode], _ mark: Mark, _ name: String
    ) -> NotificationChannel? {
        let given = Self.channelKeys.filter { keys[$0] != nil }
        guard let kind = given.first, let node = keys[kind], given.count == 1 else {
            reader.report(
                mark,
                given.isEmpty
                    ? "notification \(name) tells nobody" : "notification \(name) tells in two ways",
                mend: "give one of \(Self.channelKeys.joined(separator: ", "))"
                    + (given.isEmpty ? "" : ", and the other a notification of its own"))
            return nil
        }
        var missing: String?
        let channel: NotificationChannel?
        switch kind {
        case "slack":
            let part = reader.mapping(node, known: ["url"], of: "slack of \(name)")
            channel = url(part["url"], node.mark, name, &missing).map { .slack(url: $0) }
        case "pagerDuty":
            let part = reader.mapping(node, known: ["routingKey", "url"], of: "pagerDuty of \(name)")
            let key = hidden(part["routingKey"], "routingKey", node.mark, name, &missing)
            let place =
                part["url"] == nil
                ? HiddenText(NotificationSpecification.pagerDutyURL) : url(part["url"], node.mark, name, &missing)
            channel = key.flatMap { key in place.map { .pagerDuty(routingKey: key, url: $0.revealed) } }
        case "webhook":
            let part = reader.mapping(node, known: ["url", "secret"], of: "webhook of \(name)")
            let place = url(part["url"], node.mark, name, &missing)
            let secret = part["secret"].map { hidden($0, "secret", node.mark, name, &missing) } ?? HiddenText("")
            channel = place.flatMap { place in
                secret.map { .webhook(url: place, secret: $0.revealed.isEmpty ? nil : $0) }
            }
        default: channel = command(node, name)
        }
        return missing.map { .unavailable($0) } ?? channel
    }

    private func command(_ node: YAMLNode, _ name: String) -> NotificationChannel? {
        let items = reader.list(node, "command")
        let words = items.compactMap { reader.text($0, "a word of the command") }
        guard words.count == items.count, node.items != nil else { return nil }
        guard let first = words.first, !first.isEmpty else {
            reader.report(node.mark, "the command of \(name) is empty", mend: "give a program: [./told.sh]")
            return nil
        }
        return .command(words, folder: folder)
    }

    private mutating func url(
        _ node: YAMLNode?, _ mark: Mark, _ name: String, _ missing: inout String?
    ) -> HiddenText? {
        guard let hidden = hidden(node, "url", mark, name, &missing) else { return nil }
        // An address of this kind often is a secret itself: it is not shown.
        let parts = URLComponents(string: hidden.revealed)
        let isWeb = ["http", "https"].contains(parts?.scheme?.lowercased() ?? "") && !(parts?.host ?? "").isEmpty
        guard missing != nil || isWeb else {
            reader.report(
                node?.mark ?? mark, "the url of notification \(name) is no address of http or https",
                mend: "write it as https://host/path")
            return nil
        }
        return hidden
    }

    /// A text in which `${NAME}` stands for a variable of this process's environment.
    ///
    /// Where one is not set, everything else works: whoever only wants to roll back needs no password of a chat.
    private mutating func hidden(
        _ node: YAMLNode?, _ what: String, _ mark: Mark, _ name: String, _ missing: inout String?
    ) -> HiddenText? {
        guard let node else {
            reader.report(mark, "notification \(name) has no \(what)", mend: "add “\(what): …”")
            return nil
        }
        guard let text = reader.text(node, what) else { return nil }
        guard !text.isEmpty else {
            reader.report(node.mark, "the \(what) of notification \(name) is empty", mend: "give one")
            return nil
        }
        var result = ""
        var rest = text[...]
        while let start = rest.range(of: "${") {
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
                reader.report(
                    node.mark, "the \(what) of notification \(name) has “${” without its “}”",
                    mend: "write it as ${NAME}")
                return nil
            }
            let variable = String(rest[start.upperBound..<end])
            if let value = variables[variable], !value.isEmpty {
                result += value
            } else {
                let fault = Fault(
                    file: reader.file, mark: node.mark,
                    message: "notification \(name) needs the variable \(variable), which is not set",
                    mend: "set it where lastgood runs, as `\(variable)=… lastgood serve`; everything else works")
                if missing == nil { missing = "the variable \(variable) is not set where lastgood acts" }
                warnings.append(fault)
            }
            rest = rest[rest.index(after: end)...]
        }
        return HiddenText(result + rest)
    }
}
