import Controller
import Dashboard
import Foundation
import Incidents
import Ledger
import Model

/// Tells the screen of deployments and incidents, on threads of their own: it never waits for a disk or for git.
extension CompareDesk {
    /// At once what the ledger tells, then what its release brought.
    func tell(of id: Int64, in address: EnvironmentAddress, at moment: Timestamp?) {
        onThread { [self] in
            var news = DeploymentNews(address: address, id: id)
            do {
                let (configuration, ledger) = try open()
                let story = try ledger.deploymentStory(id, of: address, at: try past(moment, ledger))
                news.story = story
                news.isWhole = story.change == nil
                mailbox.post(.deployment(news))
                guard let change = story.change else { return }
                news.change = ledger.releaseChange(
                    change.release, change.to, at: address, configuration: configuration)
            } catch { news.problem = Failure(error).message }
            news.isWhole = true
            mailbox.post(.deployment(news))
        }
    }

    /// Where it cannot be read, the explanation does without it.
    func explain(_ address: EnvironmentAddress) {
        onThread { [self] in
            guard let (configuration, ledger) = try? open(), let state = try? ledger.environment(address) else {
                return
            }
            let freezes = FreezeBook(configuration.freezes)
            let change = freezes.nextChange(in: address, at: .now, and: (try? ledger.freezes()) ?? PlacedFreezes())
            guard let background = try? ledger.explanationBackground(state, configuration, freezes: change) else {
                return
            }
            mailbox.post(.explained(address, background))
        }
    }

    /// At once what the ledger tells, then with what was brought by the releases that were taken back.
    func report(on subject: ReportSubject) {
        onThread { [self] in
            var news = ReportNews(subject: subject)
            do {
                let (configuration, ledger) = try open()
                let siblings = configuration.environments.map(\.address)
                    .filter { $0.application == subject.address.application }
                let span = try ledger.incidentSpan(
                    of: subject.address, deployment: subject.deployment, others: siblings,
                    at: try past(subject.at, ledger))
                var timeline: [TimelineEntry] = []
                var leftOut = 0
                let incident = try ledger.readIncident(span) { entry in
                    if timeline.count < Self.linesKept { timeline.append(entry) } else { leftOut += 1 }
                }
                let clock = ReportClock(span.from...span.until, offset: zoneOffset)
                var remark = try ledger.remark(span)
                if leftOut > 0 {
                    remark =
                        "\(remark.map { "\($0) " } ?? "")The timeline has \(leftOut) more lines; "
                        + "“lastgood report” writes all of them."
                }
                let others = try ledger.otherChanges(incident, configuration: configuration)
                for isWhole in [false, true] {
                    let changes = isWhole ? ledger.changes(incident, configuration: configuration) : []
                    let report = IncidentReport(
                        incident, changes: changes, otherChanges: others, clock: clock, now: span.until, remark: remark)
                    (news.text, news.isWhole) = (report.text(timeline), isWhole)
                    mailbox.post(.report(news))
                }
            } catch {
                news.problem = Failure(error).message
                mailbox.post(.report(news))
            }
        }
    }

    /// More lines than this are for the command, which need not hold them.
    private static let linesKept = 5000

    func save(_ text: String, as name: String) {
        onThread { [self] in mailbox.post(.saving(Saving(text, as: name))) }
    }
}

extension Saving {
    /// Writes a text to a new file; what is there already stays as it is.
    /// - Parameter name: a path; one that is not absolute begins in the folder in which this was started.
    init(_ text: String, as name: String) {
        let path = URL(fileURLWithPath: (name as NSString).expandingTildeInPath).standardizedFileURL.path
        // Only whoever saves it reads it, unless they say otherwise.
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            let reason =
                errno == EEXIST ? " is there already: choose another name" : ": \(String(cString: strerror(errno)))"
            self = .failed(reason: path + reason)
            return
        }
        defer { close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                unlink(path)
                self = .failed(reason: "\(path): \(reason)")
                return
            }
            rest = rest.dropFirst(count)
        }
        self = .saved(path: path)
    }
}
