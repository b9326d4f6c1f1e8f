import Model

/// A moment as the command line gives it: a time, or an age.
/// - Throws: a ``Failure`` that names the option.
func moment(_ text: String, option: String) throws -> Timestamp {
    if let time = Timestamp(rfc3339: text) { return time }
    guard let age = Duration(written: text) else {
        throw Failure(
            .usage, "\(option) is “\(text)”", mend: "give a time such as 2026-11-24T14:00:00Z, or an age such as 15m")
    }
    let now = Timestamp.now
    // Before all that was ever written is far enough.
    return age.milliseconds > now.milliseconds ? Timestamp(milliseconds: 0) : now - age
}

/// A length of time as the command line gives it.
/// - Throws: a ``Failure`` that names the option.
func duration(_ text: String, option: String) throws -> Duration {
    if let result = Duration(written: text) { return result }
    throw Failure(.usage, "\(option) is “\(text)”", mend: "give a number and its unit: 90s, 15m, 2h or 1d")
}
