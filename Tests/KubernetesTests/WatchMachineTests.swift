import HTTP
import Model
import TestSupport
import Testing

@testable import Kubernetes

@Suite struct WatchMachineTests {
    private static let now = Timestamp(milliseconds: 5000)
    private static let attempt = APIAttempt(verb: .watch, resource: "pods", namespace: "shop", cluster: "context test")
    private static let gone = APIError(attempt, ServerStatus(code: 410, reason: "Expired"))
    private static let cut = APIError(attempt, cause: .unreachable(.cut(detail: "")))
    private static let down = APIError(attempt, cause: .unreachable(.cannotConnect(authority: "a:1", detail: "")))

    static func pod(_ name: String, _ version: Int, uid: String? = nil) -> Pod {
        let text = ServerSamples.pod(name, version: version, uid: uid)
        do {
            return try JSONReader.read(Array(text.utf8)) { reader throws(JSONFault) in try Pod(&reader) }
        } catch { preconditionFailure("the sample is no pod: \(error)") }
    }

    /// One that has listed the pods `a` and `b`.
    private func listed() -> WatchMachine<Pod> {
        var machine = WatchMachine<Pod>()
        _ = machine.take(.begin, now: Self.now)
        _ = machine.take(.objects([Self.pod("a", 1), Self.pod("b", 2)]), now: Self.now)
        _ = machine.take(.end(resourceVersion: "2"), now: Self.now)
        return machine
    }

    static func words(_ news: [ResourceNews<Pod>]) -> [String] {
        news.flatMap { news -> [String] in
            switch news {
            case .everything(let snapshot): [snapshot.objects.keys.sorted().map(\.name).joined(separator: ",")]
            case .changes(let changes, _):
                changes.map { change in
                    switch change {
                    case .added(let pod): "+\(pod.meta.name)"
                    case .changed(let from, let to):
                        "\(to.meta.name) \(from.meta.resourceVersion)>\(to.meta.resourceVersion)"
                    case .removed(let pod): "-\(pod.meta.name)"
                    }
                }
            case .problem(let problem): [problem == nil ? "well" : "problem"]
            }
        }
    }

    @Test func itListsAndThenFollows() {
        var machine = WatchMachine<Pod>()
        #expect(machine.order == .list)
        #expect(Self.words(machine.take(.begin, now: Self.now)).isEmpty)
        #expect(Self.words(machine.take(.objects([Self.pod("a", 1)]), now: Self.now)).isEmpty)
        #expect(machine.snapshot.objects.isEmpty)
        #expect(!machine.snapshot.isCurrent)
        #expect(Self.words(machine.take(.end(resourceVersion: "5"), now: Self.now)) == ["a"])
        #expect(machine.order == .watch(from: "5"))
        #expect(machine.snapshot.asOf == Self.now)
        #expect(machine.snapshot.isCurrent)
    }

    @Test func aListThatBeginsAnewForgetsItsBeginning() {
        var machine = WatchMachine<Pod>()
        _ = machine.take(.objects([Self.pod("a", 1)]), now: Self.now)
        _ = machine.take(.begin, now: Self.now)
        _ = machine.take(.objects([Self.pod("b", 1)]), now: Self.now)
        #expect(Self.words(machine.take(.end(resourceVersion: "5"), now: Self.now)) == ["b"])
    }

    @Test func changesAreToldInTheirOrder() {
        var machine = listed()
        let news = machine.take(
            [
                .modified(Self.pod("a", 3)), .added(Self.pod("c", 4)), .deleted(Self.pod("b", 5)),
                .added(Self.pod("b", 6, uid: "other")), .modified(Self.pod("b", 7, uid: "third")),
                .deleted(Self.pod("never", 8)), .modified(Self.pod("a", 3)), .bookmark(resourceVersion: "12"),
            ], now: Timestamp(milliseconds: 9000))
        #expect(Self.words(news) == ["a 1>3", "+c", "-b", "+b", "-b", "+b"])
        #expect(machine.snapshot.asOf == Timestamp(milliseconds: 9000))
        #expect(machine.order == .watch(from: "12"))
    }

    @Test func aWatchThatEndsGoesOnWhereItWas() {
        var machine = listed()
        _ = machine.take([.bookmark(resourceVersion: "9")], now: Self.now)
        machine.ended(chance: 0)
        #expect(machine.order == .watch(from: "9"))
        machine.ended(chance: 0)
        #expect(machine.order == .pause(.milliseconds(250)), "one that says nothing is not asked again at once")
        machine.waited()
        #expect(machine.order == .watch(from: "9"))
    }

    @Test func aVersionThatIsTooOldIsListedAgainAndOnlyWhatChangedIsTold() {
        var machine = listed()
        #expect(Self.words(machine.failed(Self.gone, chance: 0)).isEmpty)
        #expect(machine.order == .list)
        #expect(machine.snapshot.isCurrent)
        _ = machine.take(.begin, now: Self.now)
        _ = machine.take(.objects([Self.pod("b", 2), Self.pod("a", 8), Self.pod("c", 9)]), now: Self.now)
        #expect(Self.words(machine.take(.end(resourceVersion: "9"), now: Self.now)) == ["a 1>8", "+c"])
        // Too old again at once: not in a circle without a pause.
        _ = machine.failed(Self.gone, chance: 0)
        #expect(machine.order == .pause(.milliseconds(500)))
        machine.waited()
        #expect(machine.order == .list)
    }

    @Test func aCutIsMendedInSilenceAndAnAbsenceTold() {
        var machine = listed()
        #expect(Self.words(machine.failed(Self.cut, chance: 0)).isEmpty)
        #expect(machine.order == .pause(.milliseconds(250)))
        machine.waited()
        #expect(machine.order == .watch(from: "2"))
        #expect(Self.words(machine.failed(Self.down, chance: 1)) == ["problem"])
        #expect(machine.order == .pause(.milliseconds(1000)))
        machine.waited()
        #expect(Self.words(machine.failed(Self.down, chance: 1)).isEmpty, "the same is not told twice")
        #expect(!machine.snapshot.isCurrent)
        #expect(machine.snapshot.objects.count == 2)
        machine.waited()
        let later = Timestamp(milliseconds: 9000)
        #expect(Self.words(machine.take([], now: later)) == ["well"], "it follows again")
        #expect(machine.snapshot.isCurrent)
        #expect(machine.snapshot.asOf == Self.now, "what has happened meanwhile has not come yet")
        #expect(Self.words(machine.take([.modified(Self.pod("a", 3))], now: later)) == ["a 1>3"])
        #expect(machine.snapshot.asOf == later)
    }

    @Test func aServerThatWasPutBackIsListed() {
        var machine = listed()
        _ = machine.failed(APIError(Self.attempt, ServerStatus(code: 504, reason: "Timeout")), chance: 0)
        machine.waited()
        #expect(machine.order == .list)
    }

    @Test func whoMayNotIsToldAndTriesSeldom() {
        var machine = WatchMachine<Pod>()
        let refusal = APIError(Self.attempt, ServerStatus(code: 403, reason: "Forbidden"))
        #expect(Self.words(machine.failed(refusal, chance: 1)) == ["problem"])
        for _ in 0..<20 {
            machine.waited()
            #expect(machine.order == .list)
            _ = machine.failed(refusal, chance: 1)
        }
        #expect(machine.order == .pause(.seconds(30)))
    }

    @Test func theServersWishIsHeeded() {
        var machine = listed()
        var status = ServerStatus(code: 429)
        status.retryAfter = .seconds(40)
        _ = machine.failed(APIError(Self.attempt, status), chance: 0)
        #expect(machine.order == .pause(.seconds(40)))
        machine.waited()
        #expect(machine.order == .watch(from: "2"))
    }

    /// Whatever happens, in whatever order: what a subscriber has put together from the news is the snapshot, and the
    /// snapshot is what the server has once it was heard of.
    @Test func newsAddUpToTheSnapshot() {
        var generator = SeededGenerator(seed: testSeed())
        for _ in 0..<200 {
            var machine = WatchMachine<Pod>()
            var (server, version) = ([String: Pod](), 1)
            var mine: [ObjectKey: Pod] = [:]
            func hear(_ news: [ResourceNews<Pod>]) {
                for news in news {
                    switch news {
                    case .everything(let snapshot): mine = snapshot.objects
                    case .changes(let changes, _):
                        for change in changes {
                            switch change {
                            case .added(let pod): mine[ObjectKey(pod.meta)] = pod
                            case .changed(_, let pod): mine[ObjectKey(pod.meta)] = pod
                            case .removed(let pod): mine[ObjectKey(pod.meta)] = nil
                            }
                        }
                    case .problem: break
                    }
                }
            }
            var missed = 0
            for _ in 0..<60 {
                switch machine.order {
                case .pause: machine.waited()
                case .list:
                    if generator.isOne(in: 4) {
                        hear(machine.failed(Self.down, chance: 0.5))
                        continue
                    }
                    hear(machine.take(.begin, now: Self.now))
                    for pod in server.values.sorted(by: { $0.meta.name < $1.meta.name }) {
                        hear(machine.take(.objects([pod]), now: Self.now))
                    }
                    hear(machine.take(.end(resourceVersion: "\(version)"), now: Self.now))
                    missed = 0
                case .watch:
                    let name = "p\(Int.random(in: 0..<5, using: &generator))"
                    version += 1
                    let event: WatchEvent<Pod>
                    if let known = server[name], generator.isOne(in: 2) {
                        let last = Self.pod(name, version, uid: known.meta.uid)
                        server[name] = nil
                        event = .deleted(last)
                    } else {
                        let new = Self.pod(name, version, uid: server[name]?.meta.uid ?? "u\(version)")
                        event = server.updateValue(new, forKey: name) == nil ? .added(new) : .modified(new)
                    }
                    if generator.isOne(in: 5) {
                        // It was lost, and the version is too old by now.
                        missed += 1
                        hear(machine.failed(Self.gone, chance: 0.5))
                    } else {
                        hear(machine.take([event], now: Self.now))
                        if generator.isOne(in: 6) { machine.ended(chance: 0.5) }
                    }
                }
                #expect(mine == machine.snapshot.objects)
                if case .watch = machine.order, missed == 0 {
                    #expect(Set(mine.values) == Set(server.values))
                }
            }
        }
    }
}
