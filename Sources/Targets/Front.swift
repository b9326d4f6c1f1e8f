import Foundation

/// The one stable port of an environment, behind which its instances come and go.
public struct FrontSpecification: Hashable, Sendable {
    /// Where requests come in, on every address of this machine.
    public var port: Int
    /// How long requests that are still open at an instance have to finish before it is told to stop.
    public var drain: Duration

    public init(port: Int, drain: Duration = .seconds(30)) {
        self.port = port
        self.drain = drain
    }
}

/// What sends an environment's requests to its instances. It outlives lastgood, and is asked again after a crash:
/// what is so already changes nothing.
public protocol Front: Sendable {
    /// Sends new requests to these ports of this machine and to no others, from one moment on; what is open elsewhere
    /// goes on to its end. Starts where it does not run.
    ///
    /// With no ports it stays as it is: it never points at nothing.
    func send(to ports: [Int]) async throws(TargetError)

    /// How many requests are still open at one of its ports.
    func openRequests(at port: Int) async throws(TargetError) -> Int

    /// What there is to tell of it, once.
    func news() async -> [String]

    /// Ends it, with whatever is open.
    func stop() async throws(TargetError)
}

extension FrontSpecification {
    /// What keeps a front from running on this machine as it is now, and what to do about it; `nil` where nothing is
    /// known. Nothing is changed.
    public func objection(in directory: String) -> (what: String, mend: String)? {
        if !isInSearchPath("haproxy") {
            return (
                "there is no haproxy on the PATH, which is the front on port \(port)",
                "install it, as with “apt install haproxy”, or remove “front:”"
            )
        }
        let folder = "\(directory)/front"
        // Another user's front is not looked at.
        guard access(folder, F_OK) != 0 || access(folder, R_OK) == 0 else { return nil }
        if FrontProcess.recorded(in: folder) == nil, !isPortFree(port) {
            return ("port \(port) of the front is in use already", "stop what listens there, or give another port")
        }
        return nil
    }

    /// The ports that this machine gives to connections, where the front's is among them: it cannot start while one of
    /// them has it. See ip(7), `ip_local_port_range`. Where they cannot be read,
    /// no advice is given.
    public var portsOfConnections: ClosedRange<Int>? {
        let text = try? String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
        let bounds = text?.split(whereSeparator: \.isWhitespace).compactMap { Int($0) } ?? []
        guard bounds.count == 2, bounds[0] <= bounds[1], (bounds[0]...bounds[1]).contains(port) else { return nil }
        return bounds[0]...bounds[1]
    }
}
