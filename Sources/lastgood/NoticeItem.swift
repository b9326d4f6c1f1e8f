import Model
import Notifications

/// What a notification tells, as programs read it.
struct NoticeItem: Encodable {
    var notification: String
    /// What it is, in the words of the configuration's `on`.
    var on: [String]
    /// What people read.
    var text: String
    var severity: String
    /// The incident that begins or goes on with it.
    var incident: String?
    /// The incidents that are over with it.
    var over: [String]
    var isTest: Bool
    var event: EventLine

    init(_ notice: Notice) {
        notification = notice.notification
        on = notice.kindNames
        text = notice.text
        severity = notice.severity.rawValue
        incident = notice.opens?.text
        over = notice.closes.map(\.text)
        isTest = notice.isTest
        event = EventLine(notice.event)
    }
}

extension JSON {
    /// A notice as webhooks and commands get it.
    @Sendable static func notice(_ notice: Notice) throws -> String {
        try envelopeLine("notification", item: NoticeItem(notice))
    }
}
