import Model

/// What an image says of running it, see the
/// [image specification](https://github.com/opencontainers/image-spec/blob/main/config.md#properties) and, for health
/// checks and shells, [Docker's](https://github.com/moby/docker-image-spec/blob/main/spec.md).
struct ImageSettings: Equatable {
    private struct Value: Equatable {
        /// Never shown.
        var raw: String
        /// With what is secret hidden.
        var shown: String
    }

    private var values: [String: Value] = [:]

    /// What may be shown, by name.
    var shown: [String: String] { values.mapValues(\.shown) }

    /// - Parameter config: the member `config` of an image's configuration.
    init(_ config: JSONValue) {
        for (key, value) in config.members {
            switch key {
            case "Env":
                for line in value.list.compactMap(\.text) {
                    let name = String(line.prefix { $0 != "=" })
                    let raw = String(line.dropFirst(name.count + 1))
                    values["env.\(name)"] = Value(raw: raw, shown: Secrets.value(raw, ofVariable: name))
                }
            case "Entrypoint": set("entryPoint", words: value)
            case "Cmd": set("command", words: value)
            case "Shell": set("shell", words: value)
            case "OnBuild": set("onBuild", words: value)
            case "Labels":
                for (name, text) in value.members { set("label.\(name)", text.text ?? "", secretAs: name) }
            case "User": set("user", value)
            case "WorkingDir": set("workingDirectory", value)
            case "ExposedPorts": set("exposedPorts", names: value)
            case "Volumes": set("volumes", names: value)
            case "StopSignal": set("stopSignal", value)
            case "StopTimeout": set("stopTimeout", value.number.map { "\($0) s" } ?? value.json)
            case "Healthcheck": setHealthCheck(value)
            // What this version does not know is shown as it is, never left out.
            default: set("config.\(key)", value)
            }
        }
    }

    private mutating func set(_ name: String, _ raw: String, secretAs secret: String? = nil) {
        values[name] = Value(raw: raw, shown: Secrets.text(raw, named: secret ?? ""))
    }

    /// What is empty says the same as what is not there.
    private mutating func set(_ name: String, _ value: JSONValue) {
        let isDefault = value.text == "" || ["null", "false", "0", "[]", "{}"].contains(value.json)
        if !isDefault { set(name, value.text ?? value.json, secretAs: name) }
    }

    private mutating func set(_ name: String, names: JSONValue) {
        let all = Set(names.keys).union(names.list.compactMap(\.text)).sorted()
        if !all.isEmpty { set(name, all.joined(separator: ", ")) }
    }

    private mutating func set(_ name: String, words value: JSONValue) {
        let words = value.text.map { [$0] } ?? value.list.map { $0.text ?? $0.json }
        guard !words.isEmpty else { return }
        values[name] = Value(raw: Self.line(words), shown: Secrets.commandLine(words, as: Self.line))
    }

    private mutating func setHealthCheck(_ value: JSONValue) {
        set("healthCheck.test", words: value["Test"])
        for key in value.keys.subtracting(["Test"]) {
            guard let number = value[key].number, number != 0 else { continue }
            let name = "healthCheck.\(key.prefix(1).lowercased())\(key.dropFirst())"
            // Docker's durations are in nanoseconds.
            set(name, key == "Retries" ? "\(number)" : "\(Double(number) / 1e9) s".replacing(".0 s", with: " s"))
        }
    }

    /// Words as one would type them, so that other words never look the same.
    private static func line(_ words: [String]) -> String {
        words.map { word in
            let isPlain = word.wholeMatch(of: /[A-Za-z0-9_@%+=:,.\/()‹›-]+/) != nil
            return isPlain ? word : "'\(word.replacing("'", with: "'\\''"))'"
        }.joined(separator: " ")
    }

    static func changes(_ from: ImageSettings, _ to: ImageSettings) -> [SettingChange] {
        Set(from.values.keys).union(to.values.keys).sorted().compactMap { name in
            let (before, after) = (from.values[name], to.values[name])
            guard before != after else { return nil }
            var change = SettingChange(name: name, from: before?.shown, to: after?.shown)
            if let shown = change.to, shown == change.from {
                change.to =
                    shown == Secrets.placeholder
                    ? SettingChange.changedSecret : "\(shown) \(SettingChange.changedSecret)"
            }
            return change
        }
    }
}
