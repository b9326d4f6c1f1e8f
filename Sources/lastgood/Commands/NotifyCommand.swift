import ArgumentParser
import Controller
import Foundation
import Ledger
import Model
import Notifications

struct NotifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify", abstract: "Who is told of what, and how that goes.",
        subcommands: [List.self, Test.self, Skip.self])

    struct Item: Fielded {
        var name: String
        var channel: String
        var on: [String]
        var environments: String
        /// How many events it has not looked at yet; absent before anybody acted with it.
        var backlog: Int64?
        var delivered: Int
        var refused: Int
        /// How many attempts in a row have failed.
        var failures: Int
        var problem: String?
        var failingSince: Timestamp?
        var lastRefusal: String?
        var lastDelivery: Timestamp?

        enum CodingKeys: CodingKey, CaseIterable {
            case name, channel, on, environments, backlog, delivered, refused, failures, problem, failingSince,
                lastRefusal, lastDelivery
        }

        init(_ specification: NotificationSpecification, _ place: NotificationPlace?, last: Int64) {
            let course = NotificationCourse(stored: place?.state ?? "")
            name = specification.name
            channel = specification.channel.name
            on = NotificationKind.allCases.filter(specification.kinds.contains).map(\.rawValue)
            environments = specification.environments
            // Between deliveries it has looked further than is written down.
            backlog = place.map { max(0, last - $0.sequence) }
            (delivered, refused, failures) = (course.delivered, course.refused, course.failures)
            problem = course.problem
            if case .unavailable(let why) = specification.channel { problem = problem ?? why }
            (failingSince, lastRefusal) = (course.failingSince, course.lastRefusal)
            lastDelivery = course.lastDelivery
        }

        /// How it goes, in words.
        var standing: String {
            if let problem {
                return "waits" + (failingSince.map { " since \($0.rfc3339)" } ?? "") + ": \(problem)"
            }
            if let lastRefusal { return "refused \(counted(refused, "notice")), last \(lastRefusal)" }
            guard backlog != nil else { return "begins once a process acts" }
            return lastDelivery.map { "last told at \($0.rfc3339)" } ?? "nothing to tell yet"
        }
    }

    struct List: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "List the notifications of the configuration, and how far each is.")

        @OptionGroup var output: OutputOptions
        @OptionGroup var common: CommonOptions

        var item: any Fielded.Type { Item.self }

        func run() async throws {
            let session = try common.session()
            let last = try session.ledger.lastSequence()
            let items = try session.configuration.notifications.map {
                Item($0, try session.ledger.notification($0.name), last: last)
            }
            if try output.write("notifications", items: items, name: \.name) { return }
            guard !items.isEmpty else { return print("nobody is told: the configuration has no “notifications”") }
            var table = Table(["NAME", "CHANNEL", "ON", "TOLD", "STANDING"])
            for item in items {
                table.add([
                    item.name, item.channel, item.on.joined(separator: ","), "\(item.delivered)", item.standing,
                ])
            }
            table.write()
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a message that is marked as a test, at once and whoever acts.",
            discussion: "Exit status 1 where it is not taken. PagerDuty gets an incident that is resolved at once.")

        @Argument(help: ArgumentHelp("A notification of the configuration.", valueName: "name")) var name: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let session = try common.session()
            let specification = try session.notification(name)
            let notice = Notice(testing: specification, actor: userName(), at: .now)
            let outcome = try await Delivery.attempt(
                notice, item: try JSON.notice(notice), to: specification, ledger: try session.ledger.identity(),
                now: .now)
            switch outcome {
            case .taken: print("\(name) has taken it")
            case .refused(let why):
                throw Failure(
                    .failed, "\(name) refuses it: \(why)", mend: "correct the notification’s address, key or text")
            case .failed(let why, _):
                throw Failure(
                    .failed, "\(name) cannot be told now: \(why)",
                    mend: "what happens meanwhile is kept, and told once that works")
            }
        }
    }

    struct Skip: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Leave out what a notification has not told yet, and go on with what happens from now on.")

        @Argument(help: ArgumentHelp("A notification of the configuration.", valueName: "name")) var name: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let session = try common.session()
            _ = try session.notification(name)
            guard let count = try session.ledger.skipNotification(name) else {
                return print("\(name) has not begun yet: it begins once a process acts")
            }
            print("\(name) goes on from here; \(counted(count, "event")) it will not look at")
        }
    }
}

extension Session {
    /// A notification of the configuration.
    func notification(_ name: String) throws -> NotificationSpecification {
        if let found = configuration.notifications.first(where: { $0.name == name }) { return found }
        throw Failure(
            .usage, "there is no notification “\(name)”", meant: name, among: configuration.notifications.map(\.name))
    }
}
