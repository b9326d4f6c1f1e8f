import Model

/// The pages of an environment's history that are loaded, the newest first.
struct HistoryPages: Equatable {
    /// What is being read.
    enum Reading: Equatable {
        /// What takes the place of all that is there.
        case anew
        /// The page after the last.
        case further
        /// The first page, since something has happened.
        case again
    }

    let address: EnvironmentAddress
    private(set) var filter: String
    private(set) var records: [DeploymentRecord] = []
    private(set) var isComplete = false
    private(set) var reading: Reading? = .anew
    /// Whether something has happened since the first page was asked for.
    var isOutdated = false
    /// How many there are without the filter, where they were counted.
    private(set) var total: Int?

    init(address: EnvironmentAddress, filter: String = "") {
        self.address = address
        self.filter = filter
    }

    /// Something is asked for.
    mutating func read(_ what: Reading) {
        reading = what
        if what != .further { isOutdated = false }
    }

    mutating func narrow(to text: String) {
        filter = text
        read(.anew)
    }

    /// Nothing comes any more of what was asked for.
    mutating func giveUp() {
        if reading == .again { isOutdated = true }
        reading = nil
    }

    /// - Parameter isComplete: whether nothing older than the page is there.
    mutating func take(_ page: [DeploymentRecord], isFirst: Bool, isComplete: Bool) {
        if !isFirst {
            // What came to the first page meanwhile has moved nothing: pages go on from the last record.
            records += page.filter { record in records.last.map { record.id < $0.id } ?? true }
            self.isComplete = isComplete
        } else if reading == .again, !isComplete, let last = page.last {
            // Whoever has gone down the list stays there; what is older does not change.
            records = page + records.filter { $0.id < last.id }
        } else {
            records = page
            self.isComplete = isComplete
        }
        reading = nil
        if filter.isEmpty { total = self.isComplete ? records.count : nil }
    }
}
