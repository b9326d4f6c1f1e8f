import Controller
import Decisions
import Model
import Service

/// What a service tells those who measure it; the names are public and only grow.
struct ServiceMetrics {
    var version: String
    var startedAt: Timestamp
    var vitals: Vitals.Reading
    var problems: [Problems.Kind: Int]
    var census: LedgerCensus.Reading
    var configuration: ConfigurationReload.Outcome
    /// The time since the machine's start.
    var now: Duration

    var page: MetricsPage {
        var page = MetricsPage()
        page.add("lastgood_build_info", .gauge, "Which version this is.", [.init(1, ("version", version))])
        page.add(
            "process_start_time_seconds", .gauge, "When this process began, in seconds since 1970.",
            [.init(Double(startedAt.milliseconds) / 1000)])
        addLoop(&page)
        addDecisions(&page)
        page.add(
            "lastgood_environments", .gauge, "Environments of the configuration, by state.",
            Condition.states.map { .init(Double(census.counts[$0.code] ?? 0), ("state", $0.code)) })
        page.add(
            "lastgood_errors_total", .counter, "What went wrong outside of any deployment, by where it lies.",
            Problems.Kind.allCases.map { .init(Double(problems[$0] ?? 0), ("kind", $0.rawValue)) })
        addConfiguration(&page)
        addNotifications(&page)
        return page
    }

    private func addLoop(_ page: inout MetricsPage) {
        page.add(
            "lastgood_lease_held", .gauge, "Whether this process acts: 1, or 0 where it stands by.",
            [.init(vitals.isLeading ? 1 : 0)])
        page.add(
            "lastgood_takeovers_total", .counter, "How often this process began to act.",
            [.init(Double(vitals.takeovers))])
        if let last = vitals.lastRound {
            page.add(
                "lastgood_round_age_seconds", .gauge,
                "How long ago the controller last went round with nothing in its way.",
                [.init((now - last).inSeconds)])
        }
        page.add(
            "lastgood_oldest_turn_seconds", .gauge,
            "How long the turn of an environment goes on that has been under way for longest; 0 where none is.",
            [.init(vitals.oldestTurn.map { (now - $0).inSeconds } ?? 0)])
        if let answered = census.answeredAt {
            page.add(
                "lastgood_ledger_answer_age_seconds", .gauge, "How long ago the ledger last answered.",
                [.init((now - answered).inSeconds)])
        }
    }

    private func addDecisions(_ page: inout MetricsPage) {
        page.add(
            "lastgood_events_total", .counter,
            "Events that came into the ledger while this process acted, by kind.",
            vitals.events.sorted { $0.key < $1.key }.map { .init(Double($0.value), ("kind", $0.key)) })
        page.add(
            "lastgood_decisions_total", .counter, "What was decided while this process acted, by kind.",
            Vitals.Decision.allCases.map { .init(Double(vitals.decisions[$0] ?? 0), ("kind", $0.rawValue)) })
        page.add(
            histogram: "lastgood_alarm_to_act_seconds",
            "The time from an alarm to the first act of the automatic rollback that answers it.",
            bounds: ReactionTimes.bounds, counts: vitals.reactions.counts, sum: vitals.reactions.sum)
    }

    private func addConfiguration(_ page: inout MetricsPage) {
        page.add(
            "lastgood_configuration_last_reload_successful", .gauge,
            "Whether the configuration was taken up when it was read last.",
            [.init(configuration.isCurrent ? 1 : 0)])
        page.add(
            "lastgood_configuration_taken_time_seconds", .gauge,
            "When the configuration that is in force was taken up, in seconds since 1970.",
            [.init(Double(configuration.takenAt.milliseconds) / 1000)])
        page.add(
            "lastgood_configuration_reloads_total", .counter, "How often the configuration was read again.",
            [
                .init(Double(configuration.taken), ("outcome", "taken")),
                .init(Double(configuration.refused), ("outcome", "refused")),
            ])
    }

    /// There are as many as the configuration names.
    private func addNotifications(_ page: inout MetricsPage) {
        page.add(
            "lastgood_notification_backlog", .gauge, "Events that a notification has not looked at yet.",
            census.notifications.map { .init(Double($0.backlog), ("notification", $0.name)) })
        page.add(
            "lastgood_notification_failed_attempts_total", .counter,
            "Attempts to tell a receiver that failed and are made again.",
            census.notifications.map { .init(Double($0.failedAttempts), ("notification", $0.name)) })
    }
}
