import Alarms
import Decisions

extension EnvironmentPolicy {
    /// What an alarm source is to remember of its traffic; `nil` where nothing is compared.
    var trafficKept: TrafficKeeping? {
        guard !comparison.isOff else { return nil }
        // Of short bakes the blocks are short, and so is what is remembered: as many blocks as of long ones.
        let memory = min(ComparisonPolicy.memory, comparisonBlock * 360)
        return TrafficKeeping(block: comparisonBlock, memory: memory)
    }
}
