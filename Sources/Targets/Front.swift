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
        if FrontProcess.recorded(in: "\(directory)/front") == nil, !isPortFree(port) {
            return ("port \(port) of the front is in use already", "stop what listens there, or give another port")
        }
        return nil
    }
}
