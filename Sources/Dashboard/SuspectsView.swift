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

extension View {
    static func suspects(_ address: EnvironmentAddress) -> View { View(.suspects, .environment(address)) }
}

extension ViewTable {
    static let suspects: ViewTable = ViewTable(
        name: "suspects", question: "which release brought this?",
        opening: Opening(keys: [.character("S")], sign: "S") { state in
            state.subject.map { state.open(.suspects($0)) } ?? []
        },
        enter: { state, view in view.address.map { state.enterSuspects($0) } ?? [] },
        refresh: { state in
            guard let address = state.view.address else { return [] }
            guard state.isSuspectsWide else { return [.loadReadings([address])] }
            let all = [address] + state.suspectNeighbours(address)
            return [.loadReadings(all)] + state.wishSeries(all)
        },
        look: { $0.lookAtSuspect() },
        take: { state, message in
            guard case .suspects(let address, let moment, let ranking, let problem) = message,
                state.suspects?.address == address, state.suspects?.at == moment
            else { return }
            state.suspects = SuspectsState(address: address, at: moment, ranking: ranking, problem: problem)
        },
        subject: { $0.view.address },
        draw: { state, frame in
            if let address = state.view.address { state.drawSuspects(&frame, address) }
        },
        keys: { state in
            // Without a suspect, they are what they are everywhere.
            let usual: [KeyBinding] = [.rollBack] + KeyBinding.to(.compare) + [.mark]
            guard let suspect = state.pickedSuspect else { return usual + KeyBinding.to(.history) }
            // Nobody is led to take back what nothing speaks against.
            let isSuspected = state.percent(of: suspect.release) > 0
            return suspectKeys.filter { isSuspected || $0.bar != rollBackEverywhere } + KeyBinding.to(.history)
        },
        listing: { $0.suspectListing })

    private static let rollBackEverywhere = "roll it back everywhere"

    private static let suspectKeys: [KeyBinding] = [
        KeyBinding(
            [.character("r")], "r", "roll it back everywhere", bar: rollBackEverywhere, acts: true
        ) { state, _ in state.rollBackSuspect() },
        KeyBinding(
            [.character("c"), .enter], "c ⏎", "what it brought", bar: "compare"
        ) { state, _ in
            guard let address = state.view.address, let suspect = state.pickedSuspect else { return [] }
            return state.open(
                .compare(CompareSubject(address: address, from: suspect.release, to: nil, at: state.moment)))
        }.with(bar: "compare", sign: "c"),
        KeyBinding([.character("m")], "m", "mark it good or bad", bar: "mark", command: "mark", acts: true) {
            state, _ in
            guard let address = state.view.address, let suspect = state.pickedSuspect else { return [] }
            state.openMark(address.application, suspect.release, .bad)
            return []
        },
    ]
}

extension ViewState {
    fileprivate mutating func enterSuspects(_ address: EnvironmentAddress) -> [Effect] {
        select(address)
        suspects = SuspectsState(address: address, at: moment)
        suspectList = ListState()
        return [.rankSuspects(address, at: moment)] + loadSeries()
    }

    fileprivate mutating func rollBackSuspect() -> [Effect] {
        guard let address = view.address, let suspect = pickedSuspect else { return [] }
        let runs = (fleet?.environments ?? [:]).values.filter {
            $0.address.application == address.application
                && ($0.liveRelease == suspect.release || $0.releaseInQuestion == suspect.release)
        }.inOrder().map(\.address)
        guard !runs.isEmpty else {
            say("no environment runs \(suspect.release)")
            return []
        }
        return openPlan(runs, suspect: (suspect.release, suspect.order))
    }

    /// What was found before, and stands until a person says otherwise.
    private func knownSuspects(_ address: EnvironmentAddress) -> [Span] {
        application(address).suspects.sorted { $1.value.since < $0.value.since }.prefix(3).map { release, suspicion in
            let place = suspicion.environment.map { " in \($0.environment)" } ?? ""
            return Span("\(StateWord.suspect.symbol) \(release) is suspect\(place): \(suspicion.reason)", .warning)
        }
    }

    fileprivate var suspectListing: Listing {
        Listing(
            state: \.suspectList, area: { $0.suspectArea }, count: suspects?.ranking?.suspects.count ?? 0,
            columns: [
                Column(title: "SHARE", worth: 100, alignment: .right), Column(title: "", worth: 60, maximum: 12),
                Column(title: "RELEASE", worth: 99, maximum: 24),
                Column(title: "HERE", worth: 80, maximum: 80, isFlexible: true),
            ],
            cells: { state, place in state.suspectCells(place) },
            name: { state, place in state.suspects?.ranking?.suspects[place].release ?? "" },
            hasHeader: false)
    }

    private var suspectArea: Rect {
        let (_, rest) = suspectLeft.split(top: 1)
        let (_, list) = rest.split(top: min(1, rest.height))
        let count = suspects?.ranking?.suspects.count ?? 0
        return list.split(top: min(count, max(3, list.height / 2 - 1))).0
    }

    /// The share of the suspicion, as it is shown.
    fileprivate func percent(of release: String) -> Int {
        guard let ranking = suspects?.ranking,
            let place = ranking.suspects.firstIndex(where: { $0.release == release })
        else { return 0 }
        return ranking.percents[place]
    }

    /// As wide as the widest.
    private static func share(_ percent: Int) -> String {
        String(repeating: " ", count: max(0, 3 - String(percent).count)) + "\(percent) %"
    }

    private func suspectCells(_ place: Int) -> [Span] {
        guard let suspect = suspects?.ranking?.suspects[place], let address = view.address else { return [] }
        let percent = percent(of: suspect.release)
        let role: Role = place == 0 && percent >= 50 ? .danger : percent >= 20 ? .warning : .muted
        return [
            Span(Self.share(percent), role, order: suspect.share), Span(progressBar(suspect.share, width: 12), role),
            Span(suspect.release, .strong),
            Span(
                stay(suspect, isLive: suspect.release == environment(address)?.liveRelease), .muted,
                order: Double(suspect.came.milliseconds)),
        ]
    }

    var pickedSuspect: Suspect? {
        guard view.table.name == ViewTable.suspects.name else { return nil }
        return picked(suspectListing).flatMap { suspects?.ranking?.suspects[$0] }
    }

    func drawSuspects(_ frame: inout Frame, _ address: EnvironmentAddress) {
        let (head, _) = body.split(top: 1)
        let rest = suspectLeft.split(top: 1).1
        let ranking = suspects?.address == address ? suspects?.ranking : nil
        let alarm = ranking?.alarm.map { known in alarmNow(known, at: address) }
        var title = [Span("\(address)", .title)]
        if let alarm {
            let isOn = alarm.state == .alarm
            title.append(Span("  \(alarm.state.stateWord.symbol) \(alarm.sentence)", isOn ? .danger : .muted))
        }
        frame.rule(head, title, note: suspectListing.note(self))
        if let problem = suspects?.problem { return drawEmpty(&frame, rest, [Span("✗ \(problem)", .danger)]) }
        guard let ranking else {
            return drawEmpty(&frame, rest, [Span("◌ looking at samples, environments and changes …", .active)])
        }
        guard ranking.alarm != nil else {
            let hasCharts = isSuspectsWide && past == nil
            let lines =
                [
                    Span("no alarm is on here: there is nothing to rank", .good),
                    Span("h shows which release was good", .muted),
                ] + knownSuspects(address)
            let (words, charts) =
                hasCharts
                ? body.split(top: 1).1.split(top: min(lines.count + 1, rest.height / 2))
                : rest.split(top: rest.height)
            drawEmpty(&frame, words, lines)
            return drawSignals(&frame, address, charts, of: "")
        }
        let (course, list) = rest.split(top: min(1, rest.height))
        frame.write(
            [Span(alarm.map { courseNow($0, at: address, ranking) } ?? "", .muted)], x: 3, y: course.y,
            width: course.width - 4)
        drawRanking(&frame, list, ranking)
        if isSuspectsWide { drawSuspectCharts(&frame, address, ranking) }
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
        let began = ranking.began.map { "began \((now - $0).wholeSeconds.inWords) ago, \(source)" }
        let course = alarm.state == .alarm ? reading(alarm, at: address)?.course : "it is not on any more"
        return [course, began].compactMap { $0 }.joined(separator: "; ")
    }

    /// How long a release is or was here, from the moment that the reasons count from.
    private func stay(_ suspect: Suspect, isLive: Bool) -> String {
        if isLive { return "here for \((now - suspect.came).wholeSeconds.inWords)" }
        guard let left = suspect.left else { return "came \((now - suspect.came).wholeSeconds.inWords) ago" }
        return "here for \((left - suspect.came).inWords), until \((now - left).wholeSeconds.inWords) ago"
    }

    /// In fewer lines, what a suspect brought says little.
    private static let leastSurvey = 4
    /// On a lower screen there is never room for it.
    static let heightForSurvey = 20

    private func drawRanking(
        _ frame: inout Frame, _ rect: Rect, _ ranking: SuspectRanking
    ) {
        let rows = suspectArea
        let (list, below) = rect.split(top: min(rows.height + 1, rect.height))
        drawRows(&frame, suspectListing)
        if list.height > rows.height {
            let rest = max(0, 1 - ranking.suspects.reduce(0) { $0 + $1.share })
            let percent = ranking.percents.last ?? 0
            frame.write(
                [Span("\(Self.share(percent))  \(progressBar(rest, width: 12))  something that is no release", .muted)],
                x: 3,
                y: list.y + rows.height, width: list.width - 4)
        }
        guard let suspect = pickedSuspect, below.height > 1 else { return }
        let (title, reasons) = below.split(top: 1)
        frame.rule(title, [Span("What speaks against \(suspect.release), and for it", .title)])
        var y = reasons.y
        for reason in suspect.reasons where y < reasons.y + reasons.height {
            let isAgainst = reason.weight > 0
            for (index, text) in wrapped(reason.sentence, width: max(8, reasons.width - 6)).enumerated()
            where y < reasons.y + reasons.height {
                let sign = index == 0 ? isAgainst ? "+ " : "− " : "  "
                frame.write(
                    [Span(sign, isAgainst ? .warning : .good), Span(text)], x: 3, y: y, width: reasons.width - 4)
                y += 1
            }
        }
        let left = Rect(x: below.x, y: y + 1, width: below.width, height: below.y + below.height - y - 1)
        if isSuspectsWide || left.height >= Self.leastSurvey, let subject = suspectSubject {
            drawSurvey(&frame, subject, left, title: "What came with it", isReversed: true)
        }
    }
}
