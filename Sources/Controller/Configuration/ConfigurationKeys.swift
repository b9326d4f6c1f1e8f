import Notifications

/// A key of the configuration in words, for the manual page.
public struct ConfigurationKey: Sendable {
    /// Where it stands, from the top of its part: `bake.duration`.
    public let name: String
    /// What it says, with its unit and what holds without it.
    public let meaning: String

    init(_ name: String, _ meaning: String) { (self.name, self.meaning) = (name, meaning) }

    /// A part of the configuration, and what may stand in it.
    public struct Part: Sendable {
        public let title: String
        public let keys: [ConfigurationKey]
    }

    /// All keys, part by part, in the order in which one writes them.
    public static let parts = [
        Part(
            title: "At the top",
            keys: [
                .init(
                    "ledger",
                    "The file that holds all that happened; or {path, group, keep}. ~/.local/state/lastgood/ledger.sqlite."
                ),
                .init("ledger.group", "The group whose members may use the ledger as well. Nobody but its owner."),
                .init(
                    "ledger.keep", "How long events stay before they go into the archive beside it, as 400d. For ever."),
                .init("applications", "Each by its name; see below."),
                .init("sources", "Where alarms come from besides the instances, each by its name; see below. None."),
                .init("freezes", "A list of times in which nothing new is deployed; see below. None."),
                .init("notifications", "A list of who is told of what; see below. Nobody."),
                .init("dashboard.theme", "The look of the screen. dark."),
                .init("dashboard.window", "How much time charts show. 30m."),
                .init("advisories", "A folder of security advisories in the OSV format. None."),
            ]),
        Part(
            title: "Of an application",
            keys: [
                .init(
                    "repository", "A git repository: a folder, bare or not, or an address, which is cloned once. None."),
                .init("dependencies", "Lockfiles and SBOMs in it. What is found by its name."),
                .init(
                    "defaults", "Every key of an environment but target; what the environment says itself comes first."),
                .init("environments", "Each by its name; see below."),
            ]),
        Part(
            title: "Of an environment",
            keys: [
                .init("stage", "Its place on the way to production, as beta, gamma, prod. Its name."),
                .init("target", "Where it runs; see below."),
                .init("alarms", "A list; see below. None: only failed rollouts are rolled back."),
                .init(
                    "highSeverity",
                    "Which alarms roll back: names with and, or, not, any(...), all(...), atLeast(N, ...); of other environments as payments/prod-eu or payments/prod-eu:faults. Any high one."
                ),
                .init("bake.duration", "How long a release is watched once it is live. 15m."),
                .init("bake.minimumRequests", "How many requests it has to serve meanwhile. 0."),
                .init(
                    "bake.minimumTraffic",
                    "How much traffic there has to be, as a share of what is usual at that hour, where that is known; or off. 20%."
                ),
                .init(
                    "bake.startWhen",
                    "How many requests the live release has to get before a deployment begins, as 5/min. Any number."),
                .init("bake.maximum", "How long the bake may last for lack of them. Eight times its duration."),
                .init(
                    "bake.onInconclusive",
                    "What then: hold until a person decides, succeed, or rollBack. hold."),
                .init("progressDeadline", "How long a rollout may make no progress. 10m."),
                .init(
                    "replaceUnhealthyAfter",
                    "After how long an instance that does not serve is exchanged for a new one. 30s."),
                .init(
                    "instanceAlarmThreshold",
                    "How many new instances in alarm roll a release back while old ones are well. 1."),
                .init(
                    "comparison",
                    "By what a new release is rolled back that does worse than the one before it: {faults: {ratio: 1.5, difference: 0.5%}, latency: {ratio: 1.5, difference: 50ms}}; off for all, or for one of the two."
                ),
                .init("proactiveRollback", "Other environments that run a suspect: ask, automatic or never. ask."),
                .init(
                    "strategy",
                    "rolling, allAtOnce, blueGreen, oneBox, flag or {kind: …} with maxSurge and maxUnavailable, with keepOld (30m), with bake (5m) and then (rolling), or flag with flag, on, off and then (rolling, allAtOnce or none); or {deploy, rollback}, each of these. rolling."
                ),
                .init(
                    "strategy.rollback",
                    "One of these, or fastest: the flag off that came with the release, else a flip of the front where the set that served before stands, else as deploy says. fastest."
                ),
                .init(
                    "gates.alarms",
                    "Whose high-severity alarms close its gate: this, stage, and environments by glob. [this]."),
                .init(
                    "gates.previousStage",
                    "baked: a release must have baked in all environments of the stage before; or any. any."),
                .init("gates.suspect", "Whether a suspect is refused; false lets it in. true."),
                .init(
                    "metrics",
                    "{path, every, requests, duration, status}, or none. Prometheus text at /metrics, every 5s. With source, selector, names, instanceLabel and instanceName, what charts and bakes need is asked of that source every 30s."
                ),
            ]),
        Part(
            title: "Of a target",
            keys: [
                .init("kind", "local: processes of this machine."),
                .init(
                    "directory", "Holds releases/VERSION, current, which is a link to the live one, and logs. Required."
                ),
                .init(
                    "command",
                    "A list, run in the release's folder, with PORT, INSTANCE, RELEASE, APPLICATION, ENVIRONMENT. Required."
                ),
                .init("instances", "How many. 1."),
                .init("ports", "The range that they take theirs from, as 8100-8109. Any that is free."),
                .init(
                    "front",
                    "{port, drain}: one stable port for all instances, kept by an HAProxy of its own; open requests have as long as drain says before an instance stops, 30s. None."
                ),
                .init(
                    "flags",
                    "The path of the flag file in flagd's JSON format that the service reads; strategy flag sets a flag of it. None."
                ),
                .init("health", "{path, timeout, every, healthyAfter, unhealthyAfter}. The port takes a connection."),
                .init("stop", "{signal, grace}. TERM, 10s, then KILL."),
                .init("keepReleases", "How many unpacked releases stay besides the live one. 5."),
                .init("variables", "What the command finds in its environment besides. Nothing."),
                .init("show", "Which of them may be shown in events and reports. Only harmless ones."),
            ]),
        Part(
            title: "Of an alarm",
            keys: [
                .init("name", "By which it is called. Required."),
                .init(
                    "kind",
                    "faultRate, latency, cpu, memory, disk, logErrors, health or metric; of Prometheus, also query, and neither logErrors nor metric. Required."
                ),
                .init("above", "Its threshold with its unit, as 1%, 800ms, 300MiB, 10/min; or below."),
                .init("below", "As above, the other way round."),
                .init("for", "M of N: in how many of the last periods. 3 of 5."),
                .init("period", "How long one is. 10s; of a source, 1m."),
                .init("source", "Which of the sources answers. scrape: what instances tell of themselves."),
                .init(
                    "selector", "Of a source: the labels of the series that are meant, as job=\"checkout\". Required."),
                .init(
                    "query",
                    "Of kind query: PromQL with one number for an answer, in which $period stands for the period."),
                .init("requests", "Of kind query: PromQL that counts requests, for minimumRequests."),
                .init("names", "Of a source: what its metrics are called, where they are not called as there."),
                .init(
                    "matchers",
                    "Of Alertmanager: which alerts it is about, as service=\"checkout\",severity=~\"page|critical\". Required."
                ),
                .init(
                    "silence", "Of Alertmanager: true silences them there while a rollback is carried out. false."),
                .init("instanceLabel", "Of scope instance: the label by which series are known to be of an instance."),
                .init("instanceName", "What it says, with ${PORT} and ${INSTANCE} for the instance's own."),
                .init(
                    "severity",
                    "high, medium or low; of Alertmanager also label: as the alerts' own label says. high for faultRate, latency, health and alerts, else medium."
                ),
                .init("scope", "service, or instance: each is judged by itself. service."),
                .init("treatMissingData", "missing, breaching, notBreaching or ignore, as in CloudWatch. missing."),
                .init("minimumRequests", "With fewer in a period it has no data. 1."),
                .init("percentile", "Of a latency. 99."),
                .init("pattern", "Of logErrors: a regular expression. ERROR|FATAL|panic|Traceback."),
                .init("metric", "Of kind metric: its name."),
                .init("labels", "Of kind metric: those that a series must have."),
                .init("rate", "Of kind metric: true for its growth a second."),
            ]),
        Part(
            title: "Of a source",
            keys: [
                .init("kind", "prometheus or alertmanager. What it is called."),
                .init("url", "Where it answers, as https://prom.example:9090. Required."),
                .init("bearerTokenFile", "A file with the token by which it knows who asks; read each time. None."),
                .init("basic", "{username, passwordFile}, in place of a token. None."),
                .init(
                    "caFile", "Certificates in PEM by which its own has to be signed. Those that the machine trusts."),
                .init("certFile", "One's own certificate, in PEM; with keyFile. None."),
                .init("keyFile", "The key of certFile."),
                .init("insecureSkipVerify", "true believes whoever answers. false."),
                .init("serverName", "The name that its certificate has to be of. The one in the url."),
                .init("timeout", "How long one question may take. 5s."),
                .init(
                    "listen",
                    "Of Alertmanager: where the process that acts receives webhooks, at /alertmanager, as 127.0.0.1:9095. Nowhere: alerts are asked for."
                ),
                .init("every", "Of Alertmanager: how often it is asked. 5s."),
                .init(
                    "names",
                    "Of Prometheus: what its metrics are called: requests (http_requests_total), status (the label code or status), duration (http_request_duration_seconds), cpu (process_cpu_seconds_total), memory (process_resident_memory_bytes), diskFree (node_filesystem_avail_bytes), diskSize (node_filesystem_size_bytes), up."
                ),
                .init(
                    "instanceLabel",
                    "Of Prometheus: the label by which series are known to be of an instance. instance."),
                .init(
                    "instanceName",
                    "Of Prometheus: what it says, with ${PORT} and ${INSTANCE} for the instance's own. 127.0.0.1:${PORT}."
                ),
            ]),
        Part(
            title: "Of a notification",
            keys: [
                .init("name", "By which it is called. Required."),
                .init(
                    "on",
                    "What it tells of, a list: "
                        + NotificationKind.allCases.map { "\($0.rawValue), \($0.meaning)" }.joined(separator: "; ")
                        + ". Required."),
                .init("environments", "Where, by glob, as */prod-*. Everywhere, and what belongs to no environment."),
                .init(
                    "text",
                    "What people read, with fields in braces: "
                        + NoticeText.Field.allCases.map { "{\($0.rawValue)}, \($0.meaning)" }.joined(separator: "; ")
                        + ". Where, and the sentence."),
                .init("timeout", "How long one attempt may take. 10s."),
                .init("slack", "{url}: an incoming webhook. ${NAME} is put in from the environment of the process."),
                .init(
                    "pagerDuty",
                    "{routingKey, url}: Events API v2; what begins triggers an incident, and what is over resolves it."),
                .init(
                    "webhook",
                    "{url, secret}: a POST of the event as JSON, signed with HMAC-SHA-256 over time and body where there is a secret."
                ),
                .init(
                    "command",
                    "A list, run in the configuration’s folder with the event as JSON on its standard input. Status 65 refuses it for good, any other but 0 has it tried again."
                ),
            ]),
        Part(
            title: "Of a freeze",
            keys: [
                .init("name", "By which it is called. Required."),
                .init("environments", "Where, by glob, as */prod-*. Everywhere."),
                .init("every", "Every week, as Fri 16:00 - Mon 08:00, or every day, as 22:00 - 06:00."),
                .init("zone", "By whose clocks, as Europe/Madrid. Of calendars: their own, or UTC."),
                .init("from", "Once, from a date and time, as 2026-12-23 18:00. At once."),
                .init("until", "Up to a date and time. Required where it is once."),
                .init(
                    "calendar", "A file of iCalendar (.ics), of which every event is one. Read again when it changes."),
            ]),
    ]
}
