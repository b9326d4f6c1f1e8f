import Decisions
import Model
import Terminal

/// The ranking on the screen; `nil` while it is worked out.
struct SuspectsState: Equatable {
    var address: EnvironmentAddress
    /// The moment of the past that it is about; `nil` for now.
    var at: Timestamp?
    var ranking: SuspectRanking?
    var problem: String?
}

extension ViewState {
    /// Keys of the suspects; `nil` where the key means what it means everywhere.
    mutating func takeSuspectsKey(_ key: Key) -> [Effect]? {
        guard case .suspects(let address) = view else { return nil }
        guard let suspect = pickedSuspect else {
            // Without a suspect, a rollback is what it is everywhere.
            return nil
        }
        switch key {
        case .character("r"):
            let runs = (fleet?.environments ?? [:]).values.filter {
                $0.address.application == address.application
                    && ($0.liveRelease == suspect.release || $0.releaseInQuestion == suspect.release)
            }.sorted { ($0.position, $0.address) < ($1.position, $1.address) }.map(\.address)
            guard !runs.isEmpty else {
                say("no environment runs \(suspect.release)")
                return []
            }
            return openPlan(runs, suspect: (suspect.release, suspect.order))
        case .character("c"), .enter:
            return open(.compare(CompareSubject(address: address, from: suspect.release, to: nil, at: moment)))
        case .character("m"):
            openMark(address.application, suspect.release, .bad)
        default: return nil
        }
        return []
    }

    /// Takes in a ranking; the cursor stays on its release.
    mutating func takeSuspects(
        _ address: EnvironmentAddress, _ moment: Timestamp?, _ ranking: SuspectRanking?, _ problem: String?
    ) {
        guard suspects?.address == address, suspects?.at == moment else { return }
        let picked = pickedSuspect?.release
        suspects = SuspectsState(address: address, at: moment, ranking: ranking, problem: problem)
        if let index = ranking?.suspects.firstIndex(where: { $0.release == picked }) { suspectList.cursor = index }
    }

    var pickedSuspect: Suspect? {
        guard let found = suspects?.ranking?.suspects, found.indices.contains(suspectList.cursor) else { return nil }
        return found[suspectList.cursor]
    }

    func drawSuspects(_ frame: inout Frame, _ address: EnvironmentAddress) {
        let (head, rest) = body.split(top: 1)
        let ranking = suspects?.address == address ? suspects?.ranking : nil
        let alarm = ranking?.alarm.map { known in alarmNow(known, at: address) }
        var title = [Span("\(address)", .title)]
        if let alarm {
            let isOn = alarm.state == .alarm
            title.append(Span("  \(alarm.state.stateWord.symbol) \(alarm.sentence)", isOn ? .danger : .muted))
        }
        frame.rule(head, title)
        if let problem = suspects?.problem { return drawEmpty(&frame, rest, [Span("✗ \(problem)", .danger)]) }
        guard let ranking else {
            return drawEmpty(&frame, rest, [Span("◌ looking at samples, environments and changes …", .active)])
        }
        guard ranking.alarm != nil else {
            return drawEmpty(
                &frame, rest,
                [
                    Span("no alarm is on here: nothing is suspected", .good),
                    Span("h shows which release was good", .muted),
                ])
        }
        let (course, list) = rest.split(top: min(1, rest.height))
        frame.write(
            [Span(alarm.map { courseNow($0, at: address, ranking) } ?? "", .muted)], x: 3, y: course.y,
            width: course.width - 4)
        drawRanking(&frame, list, address, ranking)
    }

    /// The alarm that the ranking is about, as it is now and not as it was when it went on.
    private func alarmNow(_ known: AlarmStatus, at address: EnvironmentAddress) -> AlarmStatus {
        environment(address)?.alarms.first { $0.identity == known.identity } ?? known
    }

    /// `onset 13.8 %, peak 40 %; began 30 s ago, in the samples`.
    private func courseNow(
        _ alarm: AlarmStatus, at address: EnvironmentAddress, _ ranking: SuspectRanking
    ) -> String {
        let source = ranking.isMeasured ? "in the samples" : "when the alarm went on"
        let began = ranking.began.map { "began \((now - $0).inWords) ago, \(source)" }
        let course = alarm.state == .alarm ? reading(alarm, at: address)?.course : "it is not on any more"
        return [course, began].compactMap(\.self).joined(separator: "; ")
    }

    /// How long a release is or was here, from the moment that the reasons count from.
    private func stay(_ suspect: Suspect, isLive: Bool) -> String {
        if isLive { return "here for \((now - suspect.came).inWords)" }
        guard let left = suspect.left else { return "came \((now - suspect.came).inWords) ago" }
        return "here for \((left - suspect.came).inWords), until \((now - left).inWords) ago"
    }

    private func drawRanking(
        _ frame: inout Frame, _ rect: Rect, _ address: EnvironmentAddress, _ ranking: SuspectRanking
    ) {
        let live = environment(address)?.liveRelease
        let count = ranking.suspects.count
        let (list, below) = rect.split(top: min(count + 1, max(4, rect.height / 2)))
        let shown = ranking.suspects[min(suspectList.top, count)...].prefix(list.height)
        for (offset, suspect) in shown.enumerated() {
            let y = list.y + offset
            let percent = Int(nearest: suspect.share * 100)
            let role: Role =
                suspectList.top + offset == 0 && percent >= 50 ? .danger : percent >= 20 ? .warning : .muted
            let note = stay(suspect, isLive: suspect.release == live)
            let share = String(repeating: " ", count: max(0, 3 - String(percent).count)) + "\(percent) %"
            frame.write(
                [
                    Span(share, role), Span("  \(progressBar(suspect.share, width: 12))  ", role),
                    Span(suspect.release.padding(to: 14), .strong), Span("  \(note)", .muted),
                ], x: 3, y: y, width: list.width - 4)
            guard suspectList.top + offset == suspectList.cursor else { continue }
            frame.write("▸", x: 1, y: y, width: 1, Role.key.number)
            frame.select(Rect(x: 0, y: y, width: list.width, height: 1))
        }
        if count < list.height {
            let rest = max(0, 1 - ranking.suspects.reduce(0) { $0 + $1.share })
            let percent = Int(nearest: rest * 100)
            let share = String(repeating: " ", count: max(0, 3 - String(percent).count)) + "\(percent) %"
            frame.write(
                [Span("\(share)  \(progressBar(rest, width: 12))  something that is no release", .muted)], x: 3,
                y: list.y + count, width: list.width - 4)
        }
        guard let suspect = pickedSuspect, below.height > 1 else { return }
        let (title, reasons) = below.split(top: 1)
        frame.rule(title, [Span("What speaks against \(suspect.release), and for it", .title)])
        for (offset, reason) in suspect.reasons.prefix(reasons.height).enumerated() {
            let isAgainst = reason.weight > 0
            frame.write(
                [Span(isAgainst ? "+ " : "− ", isAgainst ? .warning : .good), Span(reason.sentence)], x: 3,
                y: reasons.y + offset, width: reasons.width - 4)
        }
    }
}
