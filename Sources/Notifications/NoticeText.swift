import Model

/// How a notification words what it tells: text with fields in braces, as `{environment}: {summary}`.
public struct NoticeText: Equatable, Sendable {
    /// What may stand in braces.
    public enum Field: String, CaseIterable, Sendable {
        case environment, application, kind, event, release, deployment, summary, actor, time, sequence, notification
        case state

        /// For the manual.
        public var meaning: String {
            switch self {
            case .environment: "its full name, as checkout/prod-eu"
            case .application: "its name"
            case .kind: "what it is in the words of “on”"
            case .event: "the kind of the event, as `lastgood events` prints it"
            case .release: "the release that it is about"
            case .deployment: "the number of the deployment"
            case .summary: "one sentence"
            case .actor: "who did it"
            case .time: "when, in RFC 3339"
            case .sequence: "the number of the event"
            case .notification: "the notification’s own name"
            case .state: "open where an incident begins or goes on, over where it ends, else nothing"
            }
        }
    }

    /// Why a text is none.
    public enum Problem: Error, Equatable {
        case unknownField(String)
        /// A brace without its partner.
        case loneBrace
    }

    private enum Piece: Equatable, Sendable {
        case words(String)
        case field(Field)
    }

    private let pieces: [Piece]

    /// Where, whether it is over, and the sentence.
    public static let usual = NoticeText(pieces: [])

    private init(pieces: [Piece]) { self.pieces = pieces }

    /// - Parameter text: a brace itself is written twice.
    public init(parsing text: String) throws(Problem) {
        var pieces: [Piece] = []
        var words = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            if character == "{" || character == "}", rest.first == character {
                rest.removeFirst()
                words.append(character)
            } else if character == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw .loneBrace }
                guard let field = Field(rawValue: String(rest[..<end])) else {
                    throw .unknownField(String(rest[..<end]))
                }
                pieces += [.words(words), .field(field)]
                words = ""
                rest = rest[rest.index(after: end)...]
            } else if character == "}" {
                throw .loneBrace
            } else {
                words.append(character)
            }
        }
        self.pieces = pieces + [.words(words)]
    }

    /// The text for a notice; what it does not know leaves nothing.
    public func filled(_ notice: Notice) -> String {
        guard !pieces.isEmpty else {
            let place = notice.event.address?.description ?? notice.event.application
            return Secrets.hiding(
                in: (notice.isOver ? "Over: " : "") + (place.map { "\($0): " } ?? "") + notice.event.summary)
        }
        let filled = pieces.map { piece in
            switch piece {
            case .words(let words): words
            case .field(let field): notice.value(of: field)
            }
        }
        return Secrets.hiding(in: filled.joined())
    }
}

extension Notice {
    /// Whether it only tells that something is over.
    var isOver: Bool { opens == nil && !closes.isEmpty }

    fileprivate func value(of field: NoticeText.Field) -> String {
        switch field {
        case .environment: event.address?.description ?? ""
        case .application: event.application ?? ""
        case .kind: kindNames.joined(separator: ", ")
        case .event: event.body.kind
        case .release: event.body.concernedRelease ?? ""
        case .deployment: deployment.map(String.init) ?? ""
        case .summary: event.summary
        case .actor: event.actor
        case .time: event.time.rfc3339
        case .sequence: String(event.sequence)
        case .notification: notification
        case .state: opens != nil ? "open" : closes.isEmpty ? "" : "over"
        }
    }

    private var deployment: Int64? {
        switch event.body {
        // The event that asks, or decides, gives the deployment its number.
        case .deploymentRequested, .rollbackDecided: event.sequence
        case .deploymentBlocked(let id, _), .gateOverridden(let id, _, _), .deploymentStarted(let id, _, _, _, _),
            .bakeInconclusive(let id, _), .bakeStarted(let id, _, _, _, _), .deploymentEnded(let id, _, _, _):
            id
        default: nil
        }
    }
}

extension EventBody {
    fileprivate var concernedRelease: String? {
        switch self {
        case .releaseRegistered(let release): release.version
        case .releaseMarked(let release, _, _), .deploymentStarted(_, let release, _, _, _),
            .bakeStarted(_, let release, _, _, _), .deploymentEnded(_, let release, _, _),
            .releaseSwitched(_, let release), .releaseCleared(let release, _):
            release
        case .deploymentRequested(let request): request.release
        case .rollbackDecided(let decision): decision.to
        case .holdPlaced(let suspect, _, _): suspect
        case .awaitedReleaseCame(let came): came.release
        default: nil
        }
    }
}
