import HTTP
import Synchronization
import TestSupport
import Testing

@testable import Kubernetes

@Suite struct ResourceWatchTests {
    init() async { await turnsComeSoon() }

    /// Plays a server: lists are answered from a script, and each watch does what the next one of a script says.
    private final class Played: Sendable {
        let lists = Mutex<[[String]]>([])
        let watches = Gathered<String>()
        let listCount = Gathered<String>()

        /// - Parameter watch: is given the number of the watch, from 0 on; the connection ends with it.
        func start(
            lists: [String], watch: @escaping @Sendable (Int, PlayedConnection) -> Void
        ) throws -> PlayedServer {
            let count = Mutex((lists: 0, watches: 0))
            let state = (count: Box(count), lists: lists)
            return try PlayedServer { [watches, listCount] connection in
                while let request = connection.nextRequest() {
                    if request.path.contains("watch=1") {
                        watches.add(request.path)
                        let number = state.count.value.withLock { count in
                            count.watches += 1
                            return count.watches - 1
                        }
                        connection.beginChunks()
                        watch(number, connection)
                        return
                    }
                    listCount.add(request.path)
                    let number = state.count.value.withLock { count in
                        count.lists += 1
                        return count.lists - 1
                    }
                    connection.answer(200, state.lists[min(number, state.lists.count - 1)])
                }
            }
        }
    }

    private final class Box: Sendable {
        let value: Mutex<(lists: Int, watches: Int)>
        init(_ value: consuming sending Mutex<(lists: Int, watches: Int)>) { self.value = value }
    }

    private static func version(_ path: String) -> Substring {
        path.split(separator: "resourceVersion=").last?.prefix { $0 != "&" } ?? ""
    }

    private func watch(_ server: PlayedServer) throws -> ResourceWatch<Pod> {
        let client = APIClient(
            try .played(at: server.address), surroundings: HandSurroundings().surroundings)
        return ResourceCache(client).watch(Pod.self, .pods, namespace: "shop")
    }

    /// Reads news until their words have all come.
    private func read(_ watch: ResourceWatch<Pod>, until last: String) async -> [String] {
        var words: [String] = []
        for await news in await watch.news() {
            words += WatchMachineTests.words([news])
            if words.contains(last) { break }
        }
        return words
    }

    @Test func whatIsCutGoesOnWhereItWas() async throws {
        let played = Played()
        let server = try played.start(lists: [ServerSamples.list([ServerSamples.pod("a")], version: 5)]) {
            number, connection in
            switch number {
            case 0:
                connection.chunk(ServerSamples.event("ADDED", ServerSamples.pod("b", version: 6)))
                // In the middle of an event.
                connection.chunk(String(ServerSamples.event("ADDED", ServerSamples.pod("c", version: 7)).prefix(90)))
            case 1:
                connection.chunk(ServerSamples.event("ADDED", ServerSamples.pod("c", version: 7)))
                connection.endChunks()
            default:
                connection.chunk(ServerSamples.event("DELETED", ServerSamples.pod("a", version: 8)))
                connection.waitForEnd()
            }
        }
        let watch = try watch(server)
        #expect(await read(watch, until: "-a") == ["a", "+b", "+c", "-a"])
        #expect(played.watches.all.map(Self.version) == ["5", "6", "7"])
        #expect(played.listCount.all.count == 1)
    }

    @Test func aVersionThatIsTooOldIsListedAgain() async throws {
        let played = Played()
        let server = try played.start(
            lists: [
                ServerSamples.list(["a", "b"].map { ServerSamples.pod($0) }, version: 5),
                ServerSamples.list(
                    [ServerSamples.pod("b", version: 9), ServerSamples.pod("c", version: 8)], version: 10),
            ]
        ) { number, connection in
            if number == 0 {
                connection.chunk(ServerSamples.event("ERROR", ServerSamples.status(410, "Expired")))
                connection.endChunks()
            } else {
                connection.waitForEnd()
            }
        }
        let watch = try watch(server)
        #expect(await read(watch, until: "+c") == ["a,b", "-a", "b 1>9", "+c"])
        #expect(played.listCount.all.count == 2)
    }

    @Test func allWhoAskShareOneListAndOneWatch() async throws {
        let latch = Latch()
        let played = Played()
        let server = try played.start(lists: [ServerSamples.list([ServerSamples.pod("a")], version: 5)]) {
            _, connection in
            latch.wait()
            connection.chunk(ServerSamples.event("ADDED", ServerSamples.pod("b", version: 6)))
            connection.waitForEnd()
        }
        let client = APIClient(try .played(at: server.address), surroundings: HandSurroundings().surroundings)
        let cache = ResourceCache(client)
        let heard = Gathered<String>()
        let all = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<5 {
                group.addTask {
                    let watch = cache.watch(Pod.self, .pods, namespace: "shop")
                    var words: [String] = []
                    for await news in await watch.news() {
                        words += WatchMachineTests.words([news])
                        heard.add("x")
                        if heard.all.count == 5 { latch.open() }
                        if words.contains("+b") { break }
                    }
                    return words
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(all.count == 5)
        for words in all { #expect(words == ["a", "+b"]) }
        #expect(played.listCount.all.count == 1)
        #expect(played.watches.all.count == 1)
        let snapshot = await cache.watch(Pod.self, .pods, namespace: "shop").snapshot
        #expect(snapshot.objects.count == 2 || snapshot.asOf == nil)
    }

    @Test func theWatchEndsWithItsLastListener() async throws {
        let gone = Latch()
        let played = Played()
        let server = try played.start(lists: [ServerSamples.list([ServerSamples.pod("a")], version: 5)]) {
            _, connection in
            connection.chunk(ServerSamples.event("ADDED", ServerSamples.pod("b", version: 6)))
            connection.waitForEnd()
            gone.open()
        }
        let watch = try watch(server)
        #expect(await read(watch, until: "+b") == ["a", "+b"])
        await gone.opened()
    }

    @Test func aSlowListenerIsToldEverythingOnceMore() async throws {
        let subscription = Subscription<Pod>()
        let pod = WatchMachineTests.pod("a", 1)
        for _ in 0...Subscription<Pod>.mostChanges {
            subscription.tell([.changes([.added(pod)], asOf: .init(milliseconds: 0))])
        }
        guard case .tooMuch = await subscription.next() else {
            Issue.record("the changes were kept")
            return
        }
        subscription.catchUp()
        subscription.tell([.problem(nil)])
        guard case .news(.problem(nil)) = await subscription.next() else {
            Issue.record("what came after is lost")
            return
        }
        subscription.end()
        guard case .over = await subscription.next() else {
            Issue.record("it does not end")
            return
        }
    }
}
