import ArgumentParser
import Model
import YAML

/// What a command prints to scripts: an item whose fields are known before there is one.
///
/// The coding keys are the fields. What is not among them is not written, so that what may be asked for and what is
/// printed cannot differ.
protocol Fielded: Encodable {
    associatedtype CodingKeys: CodingKey, CaseIterable, Hashable

    /// Fields that have fields of their own, be it one or many of them.
    static var parts: [CodingKeys: any Fielded.Type] { get }
    /// Fields that hold what depends on what is told, so that any name below them may be asked for.
    static var open: Set<CodingKeys> { get }
}

extension Fielded {
    static var parts: [CodingKeys: any Fielded.Type] { [:] }
    static var open: Set<CodingKeys> { [] }

    static var fields: Fields {
        Fields(
            names: CodingKeys.allCases.map(\.stringValue),
            parts: Dictionary(parts.map { ($0.stringValue, $1.fields) }, uniquingKeysWith: { first, _ in first }),
            open: Set(open.map(\.stringValue)))
    }
}

/// The fields of an item, in the order in which they are declared.
struct Fields {
    let names: [String]
    let parts: [String: Fields]
    let open: Set<String>

    /// - Throws: a ``Failure`` where a path leads to no field, with the name that was probably meant.
    func check(_ path: [String]) throws {
        guard let name = path.first else { return }
        guard names.contains(name) else { throw unknown(name) }
        if open.contains(name) { return }
        guard let part = parts[name] else {
            guard path.count > 1 else { return }
            throw Failure(.usage, "the field “\(name)” has no fields of its own", mend: "ask for “\(name)”")
        }
        do { try part.check(Array(path.dropFirst())) } catch let failure as Failure {
            throw Failure(.usage, failure.message.replacing("field “", with: "field “\(name)."), mend: failure.mend)
        }
    }

    private func unknown(_ name: String) -> Failure {
        let guess = nearest(name, names).map { "did you mean “\($0)”? " } ?? ""
        return Failure(
            .usage, "there is no field “\(name)”", mend: "\(guess)there are \(names.joined(separator: ", "))")
    }

    /// All paths that lead to a value.
    var paths: [String] {
        names.flatMap { name in
            parts[name].map { part in part.paths.map { "\(name).\($0)" } } ?? [name]
        }
    }
}

/// A command that prints items, whose fields can be asked for.
protocol PrintsItems: ParsableCommand {
    var output: OutputOptions { get }
    /// What it prints, the way it was called.
    var item: any Fielded.Type { get }
}

extension PrintsItems {
    /// Refuses fields that are not there, before anything is done.
    func checkFields() throws { try output.fields?.check(item.fields) }
}
