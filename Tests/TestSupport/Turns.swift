/// Waits until tasks get their turn soon.
///
/// While hundreds of tests begin at once, each waits for minutes for a thread: what is about deadlines, and asks a real
/// server, would then test the machine.
public func turnsComeSoon() async {
    let end = ContinuousClock.now + .seconds(600)
    var soon = 0
    while soon < 20, ContinuousClock.now < end {
        let asked = ContinuousClock.now
        try? await Task.sleep(for: .milliseconds(20))
        soon = ContinuousClock.now - asked < .milliseconds(80) ? soon + 1 : 0
    }
}
