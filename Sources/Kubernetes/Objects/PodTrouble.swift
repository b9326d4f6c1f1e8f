/// Why a pod does not serve.
public enum PodTrouble: Hashable, Sendable {
    /// It ends again and again.
    case crashLoop(container: String, restarts: Int, lastEnd: Pod.Container.End?)
    /// Its image cannot be had; whether that is tried more and more seldom.
    case image(container: String, image: String, message: String?, isBackingOff: Bool)
    /// No node takes it.
    case unschedulable(message: String?)
    /// It cannot be made, such as for want of a Secret.
    case cannotStart(container: String, reason: String, message: String?)
    case ended(container: String, Pod.Container.End)
    /// It is gone as a whole, such as `Evicted`.
    case failed(reason: String, message: String?)
    /// It runs, and a probe of it does not answer as it should.
    case startupProbe(container: String)
    case readinessProbe(container: String)

    public var words: String {
        switch self {
        case .crashLoop(let container, let restarts, let end):
            "\(container) has ended \(restarts) \(restarts == 1 ? "time" : "times")"
                + (end.map { ", last with \(Self.words($0))" } ?? "") + " (CrashLoopBackOff)"
        case .image(let container, let image, let message, let isBackingOff):
            "the image \(image) of \(container) cannot be pulled (\(isBackingOff ? "ImagePullBackOff" : "ErrImagePull"))"
                + (message.map { ": \($0)" } ?? "")
        case .unschedulable(let message): "no node takes it" + (message.map { ": \($0)" } ?? "")
        case .cannotStart(let container, let reason, let message):
            "\(container) cannot start (\(reason))" + (message.map { ": \($0)" } ?? "")
        case .ended(let container, let end): "\(container) has ended with \(Self.words(end))"
        case .failed(let reason, let message): "it has failed (\(reason))" + (message.map { ": \($0)" } ?? "")
        case .startupProbe(let container): "\(container) has not passed its startup probe"
        case .readinessProbe(let container): "\(container) is not ready by its probe"
        }
    }

    private static func words(_ end: Pod.Container.End) -> String {
        end.reason == "OOMKilled" ? "too much memory (OOMKilled)" : "status \(end.exitCode)"
    }
}

extension Pod {
    /// The worst that is wrong with it; `nil` where nothing is, or where it is only on its way.
    public var trouble: PodTrouble? {
        if meta.deletionBegan != nil || phase == "Succeeded" { return nil }
        if phase == "Failed" { return .failed(reason: reason ?? "Failed", message: message) }
        if let scheduled = condition("PodScheduled"), scheduled.isTrue == false, scheduled.reason == "Unschedulable" {
            return .unschedulable(message: scheduled.message)
        }
        let found = (initContainers + containers).compactMap(Self.trouble)
        if let worst = found.first { return worst }
        for container in containers {
            guard case .running = container.state, !container.isReady else { continue }
            return container.hasStarted == false
                ? .startupProbe(container: container.name) : .readinessProbe(container: container.name)
        }
        return nil
    }

    private static func trouble(_ container: Container) -> PodTrouble? {
        switch container.state {
        case .waiting("CrashLoopBackOff", _):
            .crashLoop(container: container.name, restarts: container.restarts, lastEnd: container.lastEnd)
        case .waiting(let reason, let message)
        where ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"].contains(reason):
            .image(
                container: container.name, image: container.image, message: message,
                isBackingOff: reason == "ImagePullBackOff")
        case .waiting("ContainerCreating", _), .waiting("PodInitializing", _), .waiting("", _): nil
        case .waiting(let reason, let message):
            .cannotStart(container: container.name, reason: reason, message: message)
        case .ended(let end) where end.exitCode != 0 || end.reason == "OOMKilled":
            .ended(container: container.name, end)
        case .ended, .running, .unknown: nil
        }
    }
}
