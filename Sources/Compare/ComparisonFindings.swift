import Archive
import Foundation
import Model

extension CompareRequest {
    /// What one ought to know before going there, the worst first.
    func findings(
        _ comparison: Comparison, _ opened: Result<(Repository, Repository.Pair), Problem>
    ) -> [Finding] {
        var found = recordFindings() + artifactFindings(comparison) + settingFindings()
        found += comparison.dependencies?.findings ?? []
        var lookedAt = ["the ledger", "the artifact"]
        var notLookedAt: [String] = []
        switch (comparison.source, opened) {
        case (.success(let source)?, .success(let (repository, pair))):
            let change = SourceChange(
                repository: repository, pair: pair, files: source.files, from: from.version, to: to.version,
                variables: variables, flags: flags)
            let (more, subjects) = Safety.findings(change)
            found += more
            lookedAt += subjects
        case (.failure(let problem)?, _), (_, .failure(let problem)):
            found.append(Finding(.warning, .scope, "the source could not be compared: \(problem.reason)"))
            notLookedAt += ["migrations", "schemas", "variables", "security fixes"]
        default: break
        }
        if let advisories {
            do throws(Problem) {
                found += try Advisories.findings(comparison.dependencies?.changes ?? [], folder: advisories)
                lookedAt.append(Advisories.subject)
            } catch {
                found.append(
                    Finding(.warning, .scope, "\(Advisories.subject) could not be looked at: \(error.reason)"))
            }
        } else {
            notLookedAt.append(Advisories.subject)
        }
        notLookedAt.append(
            "data that was written meanwhile, \(flags == nil ? "feature flags" : "what feature flags are at"), other services"
        )
        found.append(
            Finding(
                .note, .scope,
                "looked at: \(lookedAt.joined(separator: ", ")); not looked at: \(notLookedAt.joined(separator: ", "))")
        )
        return found.enumerated().sorted { ($0.element.level, $0.offset) < ($1.element.level, $1.offset) }.map(
            \.element)
    }

    private func recordFindings() -> [Finding] {
        guard let record else { return [] }
        var found: [Finding] = []
        if let why = record.bad { found.append(Finding(.danger, .mark, "\(to.version) is marked bad: \(why)")) }
        if let why = record.suspect { found.append(Finding(.warning, .mark, "\(to.version) was rolled back: \(why)")) }
        if let doubt = record.doubt { found.append(Finding(.warning, .history, doubt)) }
        if !record.hasBaked { found.append(Finding(.warning, .history, "\(to.version) never finished a bake here")) }
        if let live = record.lastLive {
            let alarms =
                record.alarms.isEmpty ? "no alarm made it end" : "with \(record.alarms.joined(separator: ", "))"
            // A comparison stands on the screen for long: an age in it would be wrong by then.
            let length = live.duration.inWords
            // It may be that what one would leave is only being rolled out: then this one serves beside it.
            let words = live.until.map { "was live here for \(length), until \($0.minuteInWords)" }
            found.append(
                Finding(
                    .note, .history,
                    "\(to.version) \(words ?? "has served here for \(length) and serves still"); \(alarms)"))
        } else {
            found.append(Finding(.warning, .history, "\(to.version) was never live here"))
        }
        return found
    }

    /// A rollback starts the older release as things are configured now, not as they were then.
    private func settingFindings() -> [Finding] {
        guard let then = settings.to, let present = settings.present else { return [] }
        return SettingChange.between(then, present).map { change in
            if change.isHidden {
                return Finding(.warning, .configuration, "\(change.name) changed since \(to.version) ran (hidden)")
            }
            return Finding(
                .warning, .configuration,
                "\(to.version) ran with \(change.name) \(change.from ?? "unset"); it would be started with "
                    + "\(change.to ?? "none") now")
        }
    }

    private var mostNotes: Int { 5 }

    private func artifactFindings(_ comparison: Comparison) -> [Finding] {
        guard !to.artifact.isEmpty else {
            return [Finding(.danger, .artifact, "\(to.version) is not registered: there is no artifact to go back to")]
        }
        // Whether an image is there is told by comparing it.
        if !to.isImage, let fault = artifactFault(of: to.version, at: to.artifact, digest: to.digest) {
            return [Finding(.danger, .artifact, fault, evidence: [to.artifact])]
        }
        switch comparison.artifact {
        case .failure(let problem)?:
            let level: Finding.Level = problem.isDanger ? .danger : .warning
            return [Finding(level, .artifact, "the artifacts could not be compared: \(problem.reason)")]
        case .success(let found)?:
            let shown = found.notes.prefix(mostNotes)
            let more = found.notes.count - shown.count
            return found.dangers.map { Finding(.danger, .artifact, $0) }
                + shown.map { Finding(.note, .artifact, $0) }
                + (more > 0 ? [Finding(.note, .artifact, "\(more) more of what was not looked into")] : [])
        case nil: return []
        }
    }
}
