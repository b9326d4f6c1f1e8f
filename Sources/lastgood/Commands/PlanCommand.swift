import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model
import Terminal

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show, pause, resume or abort rollbacks over several environments.",
        discussion:
            "`lastgood rollback` makes a plan where several environments are chosen; so does r in the dashboard.",
        subcommands: [List.self, Pause.self, Resume.self, Abort.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(abstract: "Show the newest plans and where they stand.")

        @OptionGroup var output: OutputOptions
        @OptionGroup var common: CommonOptions

        var item: any Fielded.Type { PlanItem.self }

        func run() async throws {
            let plans = try common.session().ledger.plans().reversed()
            if try output.write("plans", items: plans.map(PlanItem.init(_:)), name: { String($0.id) }) { return }
            if plans.isEmpty { return print("no plan was ever made here") }
            var table = Table(["PLAN", "STATE", "WAVE", "ENVIRONMENT", "TO", "STEP", "ENDED"])
            for plan in plans.map(PlanItem.init(_:)) {
                for (index, step) in plan.steps.enumerated() {
                    let isFirst = index == 0
                    table.add([
                        isFirst ? "#\(plan.id)" : "", isFirst ? plan.state.description : "", String(step.wave),
                        "\(step.application)/\(step.environment)", step.to,
                        step.reason.map { "\(step.status): \($0)" } ?? step.status.description,
                        step.endedAt?.rfc3339 ?? "–",
                    ])
                }
            }
            table.write()
        }
    }

    /// Which plan is meant.
    struct Choice: ParsableArguments {
        @Argument(
            help: ArgumentHelp("The plan's number; the newest that is open where it is left out.", valueName: "id"),
            completion: Completions.plans)
        var id: Int64?
        @OptionGroup var output: OutputOptions
        @OptionGroup var common: CommonOptions

        /// Prints the plan as it is now for a script.
        /// - Returns: whether that is what was asked for.
        func write(_ session: Session, _ plan: PlanState) throws -> Bool {
            let now = try session.ledger.plans().first { $0.id == plan.id } ?? plan
            return try output.write("plan", item: PlanItem(now), name: { String($0.id) })
        }

        func steer(_ body: (Int64) -> EventBody) throws -> (session: Session, plan: PlanState) {
            let session = try common.session()
            let plans = try session.ledger.plans()
            guard let plan = id.map({ id in plans.first { $0.id == id } }) ?? plans.last(where: \.isOpen) else {
                throw Failure(
                    .usage, id.map { "there is no plan #\($0)" } ?? "no plan is open",
                    mend: "`lastgood plan` lists them")
            }
            try session.ledger.append(body(plan.id), to: .ledger, actor: userName(), at: .now)
            return (session, plan)
        }
    }

    struct Pause: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "Begin no further environment; what is under way is finished.")
        @OptionGroup var choice: Choice

        var output: OutputOptions { choice.output }
        var item: any Fielded.Type { PlanItem.self }

        func run() async throws {
            let (session, plan) = try choice.steer { .planPaused(plan: $0) }
            if try choice.write(session, plan) { return }
            print("plan #\(plan.id) is paused; `lastgood plan resume` goes on with it")
        }
    }

    struct Resume: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "Go on with a plan that was paused, or stopped where an environment failed.")
        @OptionGroup var choice: Choice

        var output: OutputOptions { choice.output }
        var item: any Fielded.Type { PlanItem.self }

        func run() async throws {
            let (session, plan) = try choice.steer { .planResumed(plan: $0) }
            let process = try session.isLed() ? nil : try session.handOver()
            if try choice.write(session, plan) { return }
            print("plan #\(plan.id) is resumed")
            for (step, prospect) in plan.left({ try? session.ledger.environment($0) }) {
                guard case .overtaken(let overtaking) = prospect else { continue }
                print("\(step.address) was \(overtaking) and is left as it is")
            }
            if let process {
                print("no lastgood process was acting here: process \(process) does it in the background")
            }
        }
    }

    struct Abort: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "Give a plan up: what is under way is finished, the rest is not begun.")
        @Option(help: ArgumentHelp("Why.", valueName: "text")) var reason = "no reason given"
        @OptionGroup var choice: Choice

        var output: OutputOptions { choice.output }
        var item: any Fielded.Type { PlanItem.self }

        func run() async throws {
            try ReasonRule.check(reason)
            let (session, plan) = try choice.steer { .planAborted(plan: $0, reason: reason) }
            if try choice.write(session, plan) { return }
            let after = try session.ledger.plans().first { $0.id == plan.id } ?? plan
            func names(_ wanted: (PlanState.StepStatus) -> Bool) -> String {
                let found = after.plan.steps.map(\.address).filter { after.status($0).map(wanted) ?? false }
                return found.isEmpty ? "none" : found.map(\.description).joined(separator: ", ")
            }
            print("plan #\(plan.id) is aborted")
            print("rolled back already: \(names(\.isDone))")
            print("under way, will be finished: \(names(\.isUnderWay))")
            print("left as others have it: \(names { $0.ending?.overtaking != nil })")
            print("not begun: \(names { $0 == .dropped })")
        }
    }
}
