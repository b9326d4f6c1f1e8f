/// How far a release's artifact is ready at a target.
public enum Preparation: Equatable, Sendable {
    case absent, inProgress, ready
    case failed(String)
}
