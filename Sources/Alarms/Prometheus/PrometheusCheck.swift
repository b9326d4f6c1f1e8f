import Model

/// Asks a Prometheus once what alarms ask of it, and says what it cannot tell them.
struct PrometheusCheck {
    let name: String
    let access: ServerAccess
    /// The moment about which it is asked.
    let now: Timestamp
    let deadline: ContinuousClock.Instant

    func doubts(_ alarms: [(address: EnvironmentAddress, alarm: AlarmDefinition)]) async -> [SourceDoubt] {
        var known: [PrometheusQuestion: Result<PrometheusAnswer, SourceFailure>] = [:]
        // Also where no alarm asks it anything.
        if alarms.isEmpty, case .failure(let failure) = await ask(question("vector(1)", .seconds(60), now)) {
            return [SourceDoubt(nil, nil, failure.words(of: "source \(name)"))]
        }
        var doubts: [SourceDoubt] = []
        for (address, alarm) in alarms {
            guard case .queries(_, let queries) = alarm.origin else { continue }
            // A share of nothing is nothing; that there is no fault now is no doubt.
            let needed: [String] =
                if case .share(_, let whole) = queries.value { [whole] } else { queries.texts }
            for text in queries.texts {
                let question = question(text, alarm.period, now)
                let answer: Result<PrometheusAnswer, SourceFailure>
                if let earlier = known[question] { answer = earlier } else { answer = await ask(question) }
                known[question] = answer
                switch answer {
                case .failure(.refused(let reason)):
                    doubts.append(SourceDoubt(address, alarm.name, "\(name) refuses \(question.query): \(reason)"))
                case .failure(let failure):
                    return doubts + [SourceDoubt(nil, nil, failure.words(of: "source \(name)"))]
                case .success(let answer):
                    doubts += self.doubts(answer, question.query, alarm, isNeeded: needed.contains(text)).map {
                        SourceDoubt(address, alarm.name, $0)
                    }
                }
            }
        }
        return doubts
    }

    private func doubts(
        _ answer: PrometheusAnswer, _ query: String, _ alarm: AlarmDefinition, isNeeded: Bool
    ) -> [String] {
        guard case .queries(_, let queries) = alarm.origin else { return [] }
        var result = answer.warnings.prefix(3).map { "\(name) warns of \(query): \($0)" }
        if answer.series.isEmpty, isNeeded {
            result.append("\(name) has no series now for \(query)")
        } else if alarm.scope == .instance, answer.series.contains(where: { $0.labels[queries.join.label] == nil }) {
            result.append("the series of \(query) have no label \(queries.join.label), by which instances are known")
        } else if case .number = queries.value, alarm.scope == .service, answer.series.count > 1 {
            result.append("\(query) answers with \(answer.series.count) series: make one of them, as with sum(…)")
        }
        if case .histogram(_, let metric, let scale) = queries.value {
            let bounds = answer.series.compactMap { $0.labels["le"].flatMap { Double($0) } }.filter(\.isFinite)
            if let highest = bounds.max(), let note = boundNote(alarm, metric, highest: highest * scale) {
                result.append(note)
            }
        }
        return result
    }

    private func question(_ query: String, _ period: Duration, _ now: Timestamp) -> PrometheusQuestion {
        PrometheusQuestion(query: query.asked(for: period), first: now, last: now, step: period)
    }

    private func ask(_ question: PrometheusQuestion) async -> Result<PrometheusAnswer, SourceFailure> {
        let left = deadline - .now
        guard left > .milliseconds(10) else { return .failure(.silent("no answer in time")) }
        do throws(SourceFailure) {
            return .success(try await PrometheusClient(access: access).ask(question, timeout: left))
        } catch { return .failure(error) }
    }
}
