/// One thing that happens in the demo, and how it must end.
enum Scenario: String, CaseIterable, Sendable {
    case good
    case badRelease = "bad-release"
    case memoryLeak = "memory-leak"
    case logErrors = "log-errors"
    case neverHealthy = "never-healthy"
    case latency
    case cpu
    /// The new way of a release faults once its flag is on; turning it off is enough.
    case flag
    case latent

    var release: String {
        switch self {
        case .good: "1.10.0"
        case .badRelease: "1.9.0"
        case .memoryLeak: "1.9.1"
        case .logErrors: "1.9.2"
        case .neverHealthy: "1.9.3"
        case .latency: "1.9.4"
        case .cpu: "1.9.5"
        case .flag: "1.9.6"
        case .latent: "1.11.0"
        }
    }

    /// The environments that get the release.
    var environments: [String] {
        switch self {
        case .good: ["beta", "gamma"]
        case .badRelease, .latency: ["prod-eu"]
        case .memoryLeak: ["prod-us"]
        case .logErrors: ["gamma"]
        case .neverHealthy, .cpu: ["beta"]
        case .flag: [DemoFlag.place.environment]
        case .latent: ["prod-eu", "prod-us"]
        }
    }

    /// What must have been said when the rollback was decided.
    var cause: String {
        switch self {
        case .good: ""
        case .badRelease, .flag, .latent: "faults"
        case .memoryLeak: "memory"
        case .logErrors: "errors"
        case .neverHealthy: "never became healthy"
        case .latency: "slow"
        case .cpu: "cpu"
        }
    }
}
