import Synchronization
import Testing

@testable import lastgood

@Suite struct AudienceTests {
    @Test func theStoryWaitsWhileAPersonDecides() async {
        let audience = Audience(mailbox: Mailbox())
        audience.note(isDeciding: true)
        let order = Mutex<[String]>([])
        let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
        let story = Task {
            beginning.yield()
            await audience.hasDecided()
            order.withLock { $0.append("the story") }
        }
        for await _ in begun { break }
        for _ in 0..<100 { await Task.yield() }
        order.withLock { $0.append("the person") }
        audience.note(isDeciding: false)
        await story.value
        #expect(order.withLock { $0 } == ["the person", "the story"])
    }

    @Test func whoeverLeavesEndsTheWait() async {
        let audience = Audience(mailbox: Mailbox())
        audience.note(isDeciding: true)
        let story = Task { await audience.hasDecided() }
        story.cancel()
        await story.value
    }
}
