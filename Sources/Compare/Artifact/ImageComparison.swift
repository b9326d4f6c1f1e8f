import Archive
import Model

/// What differs between two images beside their files.
public struct ImageComparison: Equatable, Sendable {
    public struct Layer: Equatable, Sendable {
        public enum Status: String, Codable, Sendable { case added, removed, shared }

        public var digest: String
        /// Packed, in bytes.
        public var size: Int64
        public var status: Status
    }

    public var layers: [Layer]
    /// Environment, entry point, command, labels, user, ports and working directory.
    public var settings: [SettingChange]
}

/// What an image says of running it.
enum ImageSettings {
    /// Variables with their values: hidden only once it is known that they differ.
    static func settings(_ config: JSONValue) -> [String: String] {
        var result: [String: String] = [:]
        for line in config["Env"].list.compactMap(\.text) {
            let name = line.prefix { $0 != "=" }
            result["env.\(name)"] = String(line.dropFirst(name.count + 1))
        }
        for (key, name) in [("Entrypoint", "entryPoint"), ("Cmd", "command")] {
            let words = config[key].list.compactMap(\.text)
            if !words.isEmpty { result[name] = Secrets.commandLine(words) }
        }
        for (name, value) in config["Labels"].members { result["label.\(name)"] = value.text ?? "" }
        if let user = config["User"].text, !user.isEmpty { result["user"] = user }
        if let folder = config["WorkingDir"].text, !folder.isEmpty { result["workingDirectory"] = folder }
        let ports = config["ExposedPorts"].keys.sorted()
        if !ports.isEmpty { result["exposedPorts"] = ports.joined(separator: ", ") }
        return result
    }

    static func withoutSecrets(_ change: SettingChange) -> SettingChange {
        func safe(_ value: String) -> String {
            guard change.name.hasPrefix("env.") else { return Secrets.hiding(in: value) }
            return Secrets.value(value, ofVariable: String(change.name.dropFirst(4)))
        }
        return SettingChange(name: change.name, from: change.from.map(safe), to: change.to.map(safe))
    }
}

extension ArtifactComparison {
    /// Compares two images: their layers, their settings, and the files that are left when all layers are laid over
    /// each other.
    static func between(
        images from: ImageReference, _ to: ImageReference, paths: (from: String, to: String),
        credentials: String = Credentials.folder
    ) throws(Problem) -> ArtifactComparison {
        let (old, new) = (Registry(from, credentials: credentials), Registry(to, credentials: credentials))
        let (before, after) = (try old.image(), try new.image())
        var listings: [String: ArchiveListing] = [:]
        for layer in before.layers { listings[layer.digest] = try old.list(layer) }
        for layer in after.layers where listings[layer.digest] == nil { listings[layer.digest] = try new.list(layer) }
        var comparison = compare(
            flattened(before.layers.compactMap { listings[$0.digest] }),
            flattened(after.layers.compactMap { listings[$0.digest] }), paths, (before.digest, after.digest))
        comparison.notes = Array(Set(listings.values.flatMap(\.notes))).sorted()
        let (first, second) = (Set(before.layers), Set(after.layers))
        comparison.image = ImageComparison(
            layers: before.layers.map {
                .init(digest: $0.digest, size: $0.size, status: second.contains($0) ? .shared : .removed)
            }
                + after.layers.filter { !first.contains($0) }.map {
                    .init(digest: $0.digest, size: $0.size, status: .added)
                }, settings: SettingChange.between(before.settings, after.settings).map(ImageSettings.withoutSecrets))
        return comparison
    }

    /// What is left when layers are laid over each other: a later one replaces, and its whiteouts take away.
    static func flattened(_ layers: [ArchiveListing]) -> [String: ArchiveEntry] {
        var result: [String: ArchiveEntry] = [:]
        for layer in layers {
            for entry in layer.entries {
                let slash = entry.path.lastIndex(of: "/")
                let folder = slash.map { String(entry.path[...$0]) } ?? ""
                let name = slash.map { entry.path[entry.path.index(after: $0)...] } ?? entry.path[...]
                if name == ".wh..wh..opq" {
                    result = result.filter { !$0.key.hasPrefix(folder) }
                } else if name.hasPrefix(".wh.") {
                    let gone = folder + name.dropFirst(4)
                    result = result.filter { $0.key != gone && !$0.key.hasPrefix("\(gone)/") }
                }
            }
            for entry in layer.entries where !(entry.path.split(separator: "/").last ?? "").hasPrefix(".wh.") {
                result[entry.path] = entry
            }
        }
        return result
    }
}
