import Model

/// How long a chart reaches back: no longer than anything is known for, and at the most as long as was chosen.
///
/// It grows by steps, so that the picture does not move with each look.
func fittedWindow(_ chosen: Duration, knownFor known: Duration?) -> Duration {
    guard let known else { return chosen }
    let steps = [60, 120, 180, 300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200].map { Duration.seconds($0) }
    return min(chosen, steps.first { $0 >= known } ?? chosen)
}
