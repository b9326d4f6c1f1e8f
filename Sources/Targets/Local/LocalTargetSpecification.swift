import Model

/// The configuration of a local target: real processes on this machine.
public struct LocalTargetSpecification: Hashable, Sendable {
    public struct HealthCheck: Hashable, Sendable {
        /// The path that must answer 2xx; `nil` where an accepted connection is enough.
        public var path: String?
        public var timeout: Duration
        public var every: Duration
        /// How many good checks in a row make an instance healthy.
        public var healthyAfter: Int
        /// How many bad checks in a row make a healthy instance unhealthy.
        public var unhealthyAfter: Int

        public init(
            path: String? = nil, timeout: Duration = .seconds(2), every: Duration = .seconds(1),
            healthyAfter: Int = 2, unhealthyAfter: Int = 3
        ) {
            self.path = path
            self.timeout = timeout
            self.every = every
            self.healthyAfter = healthyAfter
            self.unhealthyAfter = unhealthyAfter
        }
    }

    public var directory: String
    public var command: [String]
    /// Further variables for the instances' environment.
    public var variables: [String: String]
    /// The variables whose values people may see, beside those that are known to be harmless.
    public var shown: Set<String>
    /// `nil` where any free port will do.
    public var ports: ClosedRange<Int>?
    public var health: HealthCheck
    public var stopSignal: Int32
    public var stopGrace: Duration
    public var keepReleases: Int
    /// What sends requests to the instances; `nil` where nothing does.
    public var front: FrontSpecification?
    /// The path of a flag file in flagd's format that the service reads; `nil` where there is none.
    public var flags: String?

    public init(
        directory: String, command: [String], variables: [String: String] = [:], shown: Set<String> = [],
        ports: ClosedRange<Int>? = nil,
        health: HealthCheck = HealthCheck(), stopSignal: Int32 = 15, stopGrace: Duration = .seconds(10),
        keepReleases: Int = 5, front: FrontSpecification? = nil
    ) {
        self.front = front
        self.directory = directory
        self.command = command
        self.variables = variables
        self.shown = shown
        self.ports = ports
        self.health = health
        self.stopSignal = stopSignal
        self.stopGrace = stopGrace
        self.keepReleases = keepReleases
    }

    /// What instances are told, for people to compare; values of variables that are not known to be harmless are
    /// hidden.
    /// - Parameter tag: makes of a hidden value what changes when it does, under a key that only this ledger has.
    public func settings(tag: (String) -> String) -> [String: String] {
        var result = [
            "command": Secrets.commandLine(command), "directory": directory,
            "health": health.path ?? "the port accepts a connection",
            "stop": "signal \(stopSignal), then \(stopGrace.inFull)",
        ]
        if result["command"]?.contains(Secrets.placeholder) == true {
            result["command.hidden"] = "\(Secrets.placeholder) \(tag(command.joined(separator: "\0")))"
        }
        if let ports { result["ports"] = "\(ports.lowerBound)-\(ports.upperBound)" }
        if let flags { result["flags"] = flags }
        if let front { result["front"] = "port \(front.port), open requests finish within \(front.drain.inFull)" }
        for (name, value) in variables {
            result["variables.\(name)"] = Secrets.value(value, ofVariable: name, shown: shown) {
                // The name is in it, so that equal values of two variables do not look equal.
                tag("\(name)=\($0)")
            }
        }
        return result
    }

    /// Where the output of an instance goes.
    public func logPath(_ address: EnvironmentAddress, slot: Int) -> String {
        "\(directory)/logs/\(address.environment)-\(slot).log"
    }
}
