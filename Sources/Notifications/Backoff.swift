/// How long is waited after failed attempts, so that a receiver that comes back is not overrun.
///
/// Half of it is fixed and half is chance ("equal jitter"), as in Marc Brooker's "Exponential Backoff And Jitter", AWS
/// Architecture Blog, 2015: many that fail together do not come back together.
public enum Backoff {
    static let first: Duration = .milliseconds(500)
    static let longest: Duration = .seconds(60)

    /// - Parameters:
    ///   - failures: how many attempts have failed, from 1 on.
    ///   - chance: from 0 to 1.
    ///   - asked: how long the other side wants to be left alone; heeded up to ten minutes.
    public static func pause(after failures: Int, chance: Double, asked: Duration? = nil) -> Duration {
        var whole = first
        for _ in 1..<max(2, min(failures, 20)) where failures > 1 { whole = min(longest, whole * 2) }
        let pause = whole / 2 + whole / 2 * min(1, max(0, chance))
        return max(pause, min(asked ?? .zero, .seconds(600)))
    }
}
