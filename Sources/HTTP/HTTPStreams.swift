import CHTTP
import Foundation
import Synchronization

/// Exchanges whose answers are read as they come: for hours, or larger than memory.
///
/// Any number run at once on one thread, through a multi handle of libcurl's that nobody else uses. Connections are kept
/// and shared by those who ask the same server as the same client.
///
///     let answer = try await HTTPStreams.shared.open(StreamRequest(.get, "https://10.0.0.1/api/v1/pods?watch=1"))
///     for try await piece in answer.body { … }
public final class HTTPStreams: Sendable {
    /// libcurl is set up when this is first used.
    public static let shared = HTTPStreams()

    /// How much of an answer waits here for a reader who is slow.
    public static let mostBuffered = 512 << 10

    private let multi: StreamHandle
    private let inbox = Mutex<[Order]>([])

    private enum Order {
        case begin(StreamTransfer)
        case goOn(BodyPipe)
        case cancel(BodyPipe)
    }

    private init() {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        multi = StreamHandle(pointer: curl_multi_init())
        let thread = Thread { [self] in run() }
        thread.name = "http-streams"
        thread.start()
    }

    /// Sends a request and waits for the head of its answer, whatever its status.
    /// - Throws: ``HTTPFailure``, or `CancellationError` where the task is cancelled.
    public func open(_ request: StreamRequest) async throws -> HTTPAnswer {
        let pipe = BodyPipe(limit: Self.mostBuffered)
        let reading = Reading(pipe: pipe, streams: self)
        let head = try await withTaskCancellationHandler {
            try await pipe.head { tell(.begin(StreamTransfer(request, into: pipe))) }
        } onCancel: {
            reading.cancel()
        }
        return HTTPAnswer(
            status: head.status, headers: head.headers,
            body: AsyncThrowingStream {
                try await withTaskCancellationHandler {
                    try await reading.next()
                } onCancel: {
                    reading.cancel()
                }
            })
    }

    private func tell(_ order: Order) {
        inbox.withLock { $0.append(order) }
        curl_multi_wakeup(multi.pointer)
    }

    /// Whoever reads an answer. Once nobody does, the exchange ends.
    private final class Reading: Sendable {
        let pipe: BodyPipe
        let streams: HTTPStreams

        init(pipe: BodyPipe, streams: HTTPStreams) {
            self.pipe = pipe
            self.streams = streams
        }

        deinit { if !pipe.isOver { cancel() } }

        func next() async throws -> [UInt8]? {
            try await pipe.next { [streams, pipe] in streams.tell(.goOn(pipe)) }
        }

        func cancel() {
            pipe.end(CancellationError())
            streams.tell(.cancel(pipe))
        }
    }

    private func run() {
        var begun: [ObjectIdentifier: StreamTransfer] = [:]
        while true {
            let orders = inbox.withLock { inbox in
                defer { inbox = [] }
                return inbox
            }
            for order in orders {
                switch order {
                case .begin(let transfer):
                    // Cancelled before it began.
                    if transfer.pipe.isOver { continue }
                    if transfer.begin(multi.pointer) { begun[ObjectIdentifier(transfer.pipe)] = transfer }
                case .goOn(let pipe): begun[ObjectIdentifier(pipe)]?.goOn()
                case .cancel(let pipe):
                    begun.removeValue(forKey: ObjectIdentifier(pipe))?.end(multi.pointer, CancellationError())
                }
            }
            var running: Int32 = 0
            curl_multi_perform(multi.pointer, &running)
            var result = CURLE_OK
            while let handle = http_next_finished(multi.pointer, &result) {
                guard let pointer = http_get_private(handle) else { continue }
                let transfer = Unmanaged<StreamTransfer>.fromOpaque(pointer).takeUnretainedValue()
                begun[ObjectIdentifier(transfer.pipe)] = nil
                transfer.end(multi.pointer, result: result)
            }
            for transfer in begun.values { transfer.flush() }
            let now = ContinuousClock.now
            var next = now + .seconds(30)
            for (key, transfer) in begun {
                guard let (moment, failure) = transfer.nextDeadline(now) else { continue }
                if moment <= now {
                    begun[key] = nil
                    transfer.end(multi.pointer, failure)
                } else {
                    next = min(next, moment)
                }
            }
            let left = (next - now).components
            let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
            curl_multi_poll(multi.pointer, nil, 0, Int32(clamping: milliseconds) + 1, nil)
        }
    }
}

/// `curl_multi_wakeup` may be called from any thread, see its manual page; everything else is called on one.
private struct StreamHandle: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
}
