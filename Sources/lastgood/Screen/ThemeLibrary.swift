import Dashboard
import Foundation
import Themes

/// The themes at hand: the user's own, and those that travel inside the binary.
struct ThemeLibrary {
    private let variables: [String: String]

    init(variables: [String: String]) { self.variables = variables }

    /// Where a user keeps themes.
    var folder: String {
        let configured = variables["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return "\(configured ?? "\(variables["HOME"] ?? "")/.config")/lastgood/themes"
    }

    /// Whether the user wants no colors at all, see no-color.org.
    var isColorless: Bool { variables["NO_COLOR"].map { !$0.isEmpty } ?? false }

    private var ownNames: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }

    var names: [String] { ownNames + BuiltInThemes.all.map(\.name).filter { !ownNames.contains($0) } }

    /// The text of a theme, the user's own first; `nil` where there is none of that name.
    func text(_ name: String) -> (text: String, file: String)? {
        if ownNames.contains(name), let text = try? String(contentsOfFile: "\(folder)/\(name).yaml", encoding: .utf8) {
            return (text, "\(folder)/\(name).yaml")
        }
        return BuiltInThemes.all.first { $0.name == name }.map { ($0.text, "\($0.name).yaml (built in)") }
    }

    /// - Throws: ``ThemeError``, or a ``Failure`` where there is no such theme.
    func theme(_ name: String) throws -> Theme {
        guard let (text, file) = text(name) else {
            throw Failure(.usage, "there is no theme “\(name)”", meant: name, among: names)
        }
        return try Theme(parsing: text, file: file)
    }

    /// The theme of that name; where it cannot be had, the default and what is wrong.
    func themeOrDefault(_ name: String?) -> (theme: Theme, complaint: String?) {
        if isColorless { return (.plain, nil) }
        let standard = (try? theme(BuiltInThemes.all[0].name)) ?? .plain
        guard let name else { return (standard, nil) }
        do { return (try theme(name), nil) } catch let error as ThemeError {
            return (standard, error.faults.first.map { "theme: \($0)" })
        } catch {
            let failure = Failure(error)
            return (standard, "\(failure.message); \(failure.mend ?? "")")
        }
    }
}
