import Model
import Terminal

/// A view at work: which of them, and what it is about.
public struct View: Hashable, Sendable {
    /// What a view is about besides the whole fleet.
    enum Matter: Hashable, Sendable {
        case fleet
        case application(String)
        case environment(EnvironmentAddress)
        case comparison(CompareSubject)
        case deployment(EnvironmentAddress, Int64)
    }

    let table: ViewTable
    let matter: Matter

    init(_ table: ViewTable, _ matter: Matter = .fleet) {
        self.table = table
        self.matter = matter
    }

    /// The environment that it is about, where it is about one.
    var address: EnvironmentAddress? {
        switch matter {
        case .environment(let address): address
        case .comparison(let subject): subject.address
        case .deployment(let address, _): address
        case .fleet, .application: nil
        }
    }

    public static func == (left: View, right: View) -> Bool {
        left.table.name == right.table.name && left.matter == right.matter
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(table.name)
        hasher.combine(matter)
    }
}

/// All that the screen knows of one view. Each lies in a file of its own; key bar, help, palette and mouse are made of
/// what is told here.
struct ViewTable: Sendable {
    /// The word by which it is called, and by which the palette opens it.
    var name: String
    /// The question that it answers.
    var question: String
    /// The keys that open it from everywhere, as help names them, and where they go.
    var opening: Opening?
    /// What it asks for when it is entered.
    var enter: @Sendable (inout ViewState, View) -> [Effect] = { _, _ in [] }
    /// What of it gets old, asked for anew every two seconds.
    var refresh: @Sendable (inout ViewState) -> [Effect] = { _ in [] }
    /// What is to be read for what it shows now, such as of what is under the cursor; asked after whatever happens.
    var look: @Sendable (inout ViewState) -> [Effect] = { _ in [] }
    /// How it takes in what comes.
    var take: @Sendable (inout ViewState, Message) -> Void = { _, _ in }
    /// The environment that keys without another object act on.
    var subject: @Sendable (ViewState) -> EnvironmentAddress?
    var draw: @Sendable (ViewState, inout Frame) -> Void
    /// Its own keys, in the order of the key bar; they come before those that work everywhere.
    var keys: @Sendable (ViewState) -> [KeyBinding]
    /// The list in it; `nil` where it has none.
    var listing: @Sendable (ViewState) -> Listing? = { _ in nil }
    /// Takes each key before all others, where something is being typed or asked; `nil` where it means what it says.
    var grab: @Sendable (inout ViewState, Key) -> [Effect]? = { _, _ in nil }
    /// What is done with what is typed behind `/`; `nil` where that filters the list.
    var typed: (@Sendable (inout ViewState, String) -> [Effect])?
    /// Whether only its own keys and those of its list do anything now.
    var isClosed: @Sendable (ViewState) -> Bool = { _ in false }

    struct Opening: Sendable {
        var keys: [Key]
        var sign: String
        var open: @Sendable (inout ViewState) -> [Effect]
    }
}

extension ViewTable {
    /// The one list of views, in the order in which help and palette name them.
    static let all: [ViewTable] = [
        .overview, .environment, .history, .alarms, .events, .compare, .suspects, .plan, .timeline, .releases,
        .deployment, .explanation, .report, .freezes, .pager,
    ]

    /// The key that goes there from everywhere.
    var opener: KeyBinding? {
        opening.map { opening in
            KeyBinding(opening.keys, opening.sign, name) { state, _ in opening.open(&state) }
                .with(bar: name, sign: opening.sign.split(separator: " ").last.map(String.init))
        }
    }
}
