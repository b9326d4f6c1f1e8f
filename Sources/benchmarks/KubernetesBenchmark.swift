import Foundation
import HTTP
import Kubernetes

/// Measures what it costs to take a large list in: 20,000 pods of 10 KiB, over HTTP from this machine, read alone and
/// read, cut into pods and decoded. Time is that of the second over that of the first; memory is what it adds.
struct KubernetesBenchmark {
    private let pods = 20_000
    private static let rounds = 3

    func run() throws {
        let server = try PodServer(pods: pods)
        let address = "http://127.0.0.1:\(server.port)"
        var (reading, decoding, memory) = (Double.infinity, Double.infinity, 0)
        for _ in 0..<Self.rounds {
            var bytes = 0
            reading = min(reading, try Benchmarks.time { bytes = try Self.wait { try await Self.read(address) } })
            guard bytes == server.bytes else { throw BenchmarkError("the list was \(bytes) bytes") }
            let before = Self.peakMemory(isReset: true)
            var count = 0
            decoding = min(decoding, try Benchmarks.time { count = try Self.wait { try await Self.list(address) } })
            memory = Self.peakMemory(isReset: false) - before
            guard count == pods else { throw BenchmarkError("there were \(count) pods") }
        }
        let size = Double(server.bytes) / Double(1 << 20)
        Benchmarks.row(
            "kubernetes: \(pods) pods (\(Int(size)) MiB), read", String(format: "%.2f s", reading))
        Benchmarks.row(
            "kubernetes: the same, read and decoded",
            String(format: "%.2f s, %.2f times that, %d MiB more memory", decoding, decoding / reading, memory >> 20))
    }

    private static func read(_ address: String) async throws -> Int {
        let answer = try await HTTPStreams.shared.open(StreamRequest(.get, "\(address)/api/v1/pods"))
        var count = 0
        for try await piece in answer.body { count += piece.count }
        return count
    }

    private static func list(_ address: String) async throws -> Int {
        let folder = NSTemporaryDirectory() + "lastgood-benchmark-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try """
        current-context: x
        contexts: [{name: x, context: {cluster: c, user: ""}}]
        clusters: [{name: c, cluster: {server: "\(address)"}}]
        """.write(toFile: "\(folder)/config", atomically: true, encoding: .utf8)
        let client = APIClient(try KubeconfigSearch(file: "\(folder)/config").access())
        let count = Count()
        try await client.list(.pods, namespace: nil) { (piece: ListPiece<Pod>) in
            if case .objects(let pods) = piece { await count.add(pods.count) }
        }
        return await count.value
    }

    private actor Count {
        var value = 0
        func add(_ more: Int) { value += more }
    }

    private static func wait<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
        let semaphore = DispatchSemaphore(value: 0)
        let box = Box<Value>()
        Task {
            do { box.result = .success(try await body()) } catch { box.result = .failure(error) }
            semaphore.signal()
        }
        semaphore.wait()
        guard let result = box.result else { throw BenchmarkError("nothing came") }
        return try result.get()
    }

    /// Written before the semaphore is signalled, and read after it was waited for.
    private final class Box<Value: Sendable>: @unchecked Sendable { var result: Result<Value, any Error>? }

    /// The most that this process has had in memory; see proc(5), `clear_refs`.
    private static func peakMemory(isReset: Bool) -> Int {
        if isReset { try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8) }
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (Int(line.filter(\.isNumber)) ?? 0) << 10
    }
}

/// Serves one list of pods, as fast as it can.
private final class PodServer: Sendable {
    let port: Int
    let bytes: Int

    init(pods: Int) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard isListening else { throw BenchmarkError("no port to listen at") }
        port = Int(UInt16(bigEndian: address.sin_port))
        let head = Array(#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":["#.utf8)
        let (items, tail) = (Self.items(), Array("]}".utf8))
        let (group, rest) = (pods / 100, Array(items.dropLast()))
        bytes = head.count + items.count * (group - 1) + rest.count + tail.count
        let total = bytes
        Thread.detachNewThread {
            while case let client = accept(listener, nil, nil), client >= 0 {
                defer { close(client) }
                var request = [UInt8](repeating: 0, count: 4096)
                guard recv(client, &request, request.count, 0) > 0 else { continue }
                let answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: \(total)\r\n\r\n"
                Self.send(client, Array(answer.utf8) + head)
                for _ in 1..<group { Self.send(client, items) }
                Self.send(client, rest + tail)
            }
        }
    }

    private static func send(_ client: Int32, _ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.send(client, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// A hundred pods, each with a comma behind it. About half of a pod are the `managedFields` that nobody reads.
    private static func items() -> [UInt8] {
        (0..<100).map { number in
            let fields = (0..<120).map {
                "\"f:field\($0)\":{\".\":{},\"f:name\":{},\"k:{\\\"id\\\":\\\"\($0)\\\"}\":{}}"
            }
            let variables = (0..<40).map {
                "{\"name\":\"VARIABLE_\($0)\",\"value\":\"http://host-\($0).shop.svc:8080/path\"}"
            }
            return """
                {"metadata":{"name":"checkout-5d4f7c-\(number)","namespace":"shop","uid":"0f3e-\(number)",\
                "resourceVersion":"\(number + 1000)","creationTimestamp":"2026-11-01T10:00:00Z",\
                "labels":{"app":"checkout","pod-template-hash":"5d4f7c"},\
                "ownerReferences":[{"kind":"ReplicaSet","name":"checkout-5d4f7c","uid":"rs","controller":true}],\
                "managedFields":[{"manager":"kubelet","operation":"Update","fieldsV1":{\(fields.joined(separator: ","))}}]},\
                "spec":{"nodeName":"node-1","containers":[{"name":"app","image":"shop/app:1.8.2",\
                "env":[\(variables.joined(separator: ","))]}]},\
                "status":{"phase":"Running","podIP":"10.0.0.7","conditions":[{"type":"Ready","status":"True"}],\
                "containerStatuses":[{"name":"app","image":"shop/app:1.8.2","imageID":"shop/app@sha256:abc","ready":true,\
                "restartCount":0,"started":true,"state":{"running":{"startedAt":"2026-11-01T10:00:04Z"}}}]}},
                """
        }.joined().utf8.map { $0 }
    }
}
