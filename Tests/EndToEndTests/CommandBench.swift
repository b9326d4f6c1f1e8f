import Foundation
import TestSupport

/// A folder with a configuration of one environment, the real binary, and what a shell says to it.
struct CommandBench {
    let bench: Workbench
    let binary: String

    init(repository: String? = nil) throws {
        bench = try Workbench()
        binary = try Workshop.findBinary()
        let source = repository.map { "repository: \($0), " } ?? ""
        try """
        ledger: ledger.sqlite
        applications:
          shop: {\(source)environments: {prod: {stage: prod, target: {kind: local, directory: run, command: [./server]}}}}
        """.write(toFile: "\(bench.path)/lastgood.yaml", atomically: true, encoding: .utf8)
        try bench.shell("echo hi > server; tar czf a.tgz server")
    }

    /// What a shell says to `lastgood WORDS`: its status, standard output and standard error.
    func run(_ words: String) throws -> (status: Int, text: String, errors: String) {
        try bench.shell("s=0; (\(binary) \(words)) > out 2> err < /dev/null || s=$?; echo $s > status")
        func read(_ name: String) throws -> String {
            try String(contentsOfFile: "\(bench.path)/\(name)", encoding: .utf8)
        }
        let status = try read("status").trimmingCharacters(in: .whitespacesAndNewlines)
        return (Int(status) ?? -1, try read("out"), try read("err"))
    }
}
