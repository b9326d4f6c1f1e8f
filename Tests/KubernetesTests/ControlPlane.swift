import Foundation
import TestSupport
import Testing

@testable import Kubernetes

/// A real control plane, started once for all tests of this process and ended with it.
final class ControlPlane: Sendable {
    let bench: Workbench
    let kubeconfig: String
    private let orders: FileHandle
    private let answers: FileHandle

    private static let programs: String = {
        let variables = ProcessInfo.processInfo.environment
        let cache = variables["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache"
        return "\(cache)/lastgood/kubernetes-1.20"
    }()

    /// Whether it has been built, and what works it is there.
    static let isThere: Bool = {
        let missing = ["python3", "openssl", "etcd", "kubectl"].filter { !hasProgram($0) }
        let isBuilt = FileManager.default.fileExists(atPath: "\(programs)/complete")
        if isBuilt, missing.isEmpty { return true }
        let why = isBuilt ? "there is no \(missing.joined(separator: ", "))" : "\(programs) is not built"
        print("SKIPPED, for want of a Kubernetes control plane: \(why); run .ci/install kubernetes")
        return false
    }()

    static let shared = Result { try ControlPlane() }

    private init() throws {
        bench = try Workbench()
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../Cluster/cluster")
        process.arguments = ["python3", "-B", script.path, "\(bench.path)/cluster"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        // Its end closes with this process: then it ends, whatever happened here.
        try? input.fileHandleForReading.close()
        try? output.fileHandleForWriting.close()
        orders = input.fileHandleForWriting
        answers = output.fileHandleForReading
        let line = Self.line(answers)
        guard line.hasSuffix("/kubeconfig") else { throw ControlPlaneFailure() }
        kubeconfig = line
    }

    /// Kills the API server, or starts it again, and waits until that is done.
    func tell(_ order: String) {
        orders.write(Data("\(order)\n".utf8))
        _ = Self.line(answers)
    }

    private static func line(_ handle: FileHandle) -> String {
        var bytes: [UInt8] = []
        while let byte = try? handle.read(upToCount: 1)?.first, byte != 0x0A { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    @discardableResult
    func kubectl(_ words: String) throws -> String {
        try bench.text("kubectl --kubeconfig '\(kubeconfig)' \(words)")
    }

    /// A client, in a context of the kubeconfig.
    func client(_ context: String = "admin") throws -> APIClient {
        APIClient(try KubeconfigSearch(file: kubeconfig, context: context, variables: [:]).access())
    }

    /// A namespace with a Deployment of that name and three pods, in its first release.
    func deploy(_ name: String) throws {
        try kubectl("create namespace \(name)")
        try bench.shell(
            """
            cat > \(name).yaml <<E
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: checkout, namespace: \(name), annotations: {kubernetes.io/change-cause: first}}
            spec:
              replicas: 3
              selector: {matchLabels: {app: checkout}}
              template:
                metadata: {labels: {app: checkout}}
                spec:
                  terminationGracePeriodSeconds: 0
                  containers: [{name: app, image: "shop/checkout:1.0"}]
            E
            """)
        try kubectl("apply -f \(name).yaml")
        try kubectl("-n \(name) rollout status deployment/checkout --timeout=60s")
    }
}

/// It does not come up.
struct ControlPlaneFailure: Error {}
