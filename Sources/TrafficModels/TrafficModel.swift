/// How healthy traffic comes, and how it faults; what of it is unsteady befalls whoever serves.
public struct TrafficModel: Sendable {
    public var name: String
    public var requestsPerSecond: Double
    /// The share of faults on average, bursts not counted.
    public var faultShare: Double
    /// By how much that share varies from one ten seconds to the next.
    public var unsteadiness = 0.0
    /// By how much its logarithm wanders, in minutes rather than seconds; durations do so by half as much.
    public var wandering = 0.0
    /// How many bursts there are in an hour, in which a tenth of the requests faults and all take three times as long.
    public var bursts = 0.0
    /// How long one is on average, in seconds.
    public var burstLength = 30.0
    /// By how much load and faults swing over a day.
    public var wave = 0.0
    /// How many faults come together on average.
    public var crowd = 1.0

    public init(
        _ name: String, requestsPerSecond: Double = 20, faultShare: Double = 0.01, unsteadiness: Double = 0,
        wandering: Double = 0, bursts: Double = 0, wave: Double = 0, crowd: Double = 1
    ) {
        self.name = name
        self.requestsPerSecond = requestsPerSecond
        self.faultShare = faultShare
        self.unsteadiness = unsteadiness
        self.wandering = wandering
        self.bursts = bursts
        self.wave = wave
        self.crowd = crowd
    }

    /// Traffic that is too unsteady for what the comparison promises.
    public static var tooUnsteady: TrafficModel {
        var model = TrafficModel("two bursts an hour, a minute each", bursts: 2)
        model.burstLength = 60
        return model
    }

    /// Healthy traffic of all kinds.
    public static let healthy: [TrafficModel] = [
        TrafficModel("steady, 20/s, 1 % faults"),
        TrafficModel("unsteady: the fault rate varies by half every 10 s", unsteadiness: 0.5),
        TrafficModel("wandering: by 30 %, over minutes", wandering: 0.3),
        TrafficModel("bursts: one an hour, 30 s of 10 % faults", bursts: 1),
        TrafficModel("crowds: faults come three at a time", crowd: 3),
        TrafficModel("a daily wave of load and faults by half", wave: 0.5),
        TrafficModel("everything at once", unsteadiness: 0.3, wandering: 0.2, bursts: 0.5, wave: 0.5, crowd: 2),
        TrafficModel("low load: 18 requests a minute", requestsPerSecond: 0.3),
        TrafficModel("few faults: 0.1 %", faultShare: 0.001),
        TrafficModel("much load, few faults, bursts", requestsPerSecond: 200, faultShare: 0.001, bursts: 1),
    ]
}
