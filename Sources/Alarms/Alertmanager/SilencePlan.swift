import Foundation
import Model

/// Which silences there have to be, and what is to be done about those that there are. Pure.
struct SilencePlan {
    /// One silence that is wanted: for the time of a rollback, of one alarm's alerts.
    struct Wish: Hashable, Comparable {
        var address: EnvironmentAddress
        var deployment: Int64
        var alarm: String
        var matchers: [AlertMatcher]
        /// What is rolled back, in words.
        var reason: String

        static func < (left: Wish, right: Wish) -> Bool {
            (left.address, left.deployment, left.alarm) < (right.address, right.deployment, right.alarm)
        }
    }

    enum Step: Equatable {
        case put(Silence)
        case expire(String)
    }

    /// By which silences are known again, whoever finds them: each has it in its comment. A process that died after it
    /// had made one finds it there, and makes no second.
    let owner: String
    static let author = "lastgood"
    /// Where nobody removes it, it ends by itself; it is renewed while a rollback lasts.
    static let length: Duration = .seconds(3600)

    private func mark(_ wish: Wish) -> String { "[\(owner) \(wish.address) #\(wish.deployment) \(wish.alarm)]" }

    /// Those of `silences` that were made here and are in force.
    func own(_ silences: [Silence]) -> [Silence] {
        silences.filter {
            $0.createdBy == Self.author && $0.comment.contains("[\(owner) ") && $0.status?.state != "expired"
        }
    }

    /// - Parameter watched: the environments of which it is known whether they are rolled back; other silences are left.
    func steps(
        _ wishes: Set<Wish>, _ silences: [Silence], watched: Set<EnvironmentAddress>, at now: Timestamp
    ) -> [Step] {
        var steps: [Step] = []
        var own = own(silences)
        for wish in wishes.sorted() {
            let mark = mark(wish)
            let known = own.first { $0.comment.contains(mark) }
            own.removeAll { $0 == known }
            let isLong = known.flatMap { Timestamp(rfc3339: $0.endsAt) }.map { $0 - now > Self.length / 2 } ?? false
            if isLong { continue }
            var silence = silence(wish, at: now)
            silence.id = known?.id
            if let begun = known?.startsAt { silence.startsAt = begun }
            steps.append(.put(silence))
        }
        for silence in own {
            guard let id = silence.id,
                watched.contains(where: { silence.comment.contains("[\(owner) \($0) #") })
            else { continue }
            steps.append(.expire(id))
        }
        return steps
    }

    private func silence(_ wish: Wish, at now: Timestamp) -> Silence {
        Silence(
            matchers: wish.matchers.map {
                Silence.Matcher(name: $0.label, value: $0.value, isRegex: $0.isRegex, isEqual: $0.isEqual)
            },
            startsAt: now.rfc3339, endsAt: (now + Self.length).rfc3339, createdBy: Self.author,
            comment: "\(wish.reason) \(mark(wish))")
    }
}
