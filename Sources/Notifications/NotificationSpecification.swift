import Model

/// What nobody may read in an error, a log or on a screen: it prints as a placeholder, and is handed out by name only.
public struct HiddenText: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// The text itself, for whoever is about to use it.
    public let revealed: String

    public init(_ text: String) { revealed = text }

    public var description: String { "(hidden)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Whom a notification tells.
public enum NotificationChannel: Equatable, Sendable {
    /// An incoming webhook of Slack, or of what takes the same.
    case slack(url: HiddenText)
    /// PagerDuty's Events API v2.
    case pagerDuty(routingKey: HiddenText, url: String)
    /// A POST of the event; signed where there is a secret.
    case webhook(url: HiddenText, secret: HiddenText?)
    /// A program that has the event on its standard input, run in a folder.
    case command([String], folder: String)
    /// What is needed for it is missing in this process: everything waits for one that has it.
    case unavailable(String)

    /// What it is called in the configuration.
    public var name: String {
        switch self {
        case .slack: "slack"
        case .pagerDuty: "pagerDuty"
        case .webhook: "webhook"
        case .command: "command"
        case .unavailable: "none"
        }
    }
}

/// A notification as the configuration has it.
public struct NotificationSpecification: Equatable, Sendable {
    public var name: String
    public var kinds: Set<NotificationKind>
    /// A glob; `*` also is for what belongs to no environment.
    public var environments: String
    public var text: NoticeText
    public var channel: NotificationChannel
    /// How long one attempt may take.
    public var timeout: Duration

    public static let usualTimeout: Duration = .seconds(10)
    /// Where PagerDuty takes events; its service in the EU has another address.
    public static let pagerDutyURL = "https://events.pagerduty.com/v2/enqueue"

    public init(
        name: String, kinds: Set<NotificationKind>, environments: String = "*", text: NoticeText = .usual,
        channel: NotificationChannel, timeout: Duration = usualTimeout
    ) {
        self.name = name
        self.kinds = kinds
        self.environments = environments
        self.text = text
        self.channel = channel
        self.timeout = timeout
    }

    /// - Parameter address: `nil` for what belongs to no environment.
    func concerns(_ address: EnvironmentAddress?) -> Bool {
        guard let address else { return environments == "*" }
        return globMatches(environments, address.description)
    }
}
