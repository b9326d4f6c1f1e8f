import Foundation
import Model

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
protocol Front: Sendable {
    /// Sends new requests to the instances that are wanted and to no others, from one moment on; what is open elsewhere
    /// goes on to its end. Starts where it does not run.
    ///
    /// With none that is wanted it stays as it is, as long as its instances are there: it never points at nothing, and
    /// never at a port that is nobody's any more.
    func send(_ order: FrontOrder) async throws(TargetError) -> RoutedFront

    /// How many requests are still open at one of its ports.
    func openRequests(at port: Int) async throws(TargetError) -> Int

    /// What there is to tell of it, once.
    func news() async -> [String]

    /// Ends it, with whatever is open.
    func stop() async throws(TargetError)
}

/// Where a front is to send requests.
struct FrontOrder: Equatable, Sendable {
    /// An instance, as a front has it.
    struct Place: Hashable, Sendable {
        var slot: Int
        var port: Int
        /// Whether it is to stop.
        var isLeaving = false

        var name: String { "instance #\(slot) (port \(port))" }
    }

    var wanted: [Place]
    /// The other instances, that are to get none.
    var others: [Place] = []
    /// Whether what somebody else has changed is set right.
    var setsRight = false

    var ports: Set<Int> { Set(wanted.map(\.port)) }
}

/// What was found at a front that was told where requests go.
public struct RoutedFront: Equatable, Sendable {
    /// What somebody else has made of it, and is left so.
    public var drift: FrontDrift?
    /// What somebody else had made of it, and was set right.
    public var setRight: FrontDrift?

    public init(drift: FrontDrift? = nil, setRight: FrontDrift? = nil) {
        self.drift = drift
        self.setRight = setRight
    }
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
        PortPool.portsOfConnections.flatMap { $0.contains(port) ? $0 : nil }
    }
}
