import Decisions
import Model
import Terminal
import Testing

@testable import Compare
@testable import Dashboard
@testable import lastgood

/// What lies between two releases is told in the same numbers on the screen and to scripts.
@Suite struct ChangeAgreementTests {
    private let address = EnvironmentAddress(application: "shop", environment: "prod-eu")
    private let now = Timestamp(rfc3339: "2026-11-24T14:00:00Z") ?? Timestamp(milliseconds: 0)

    private var comparison: Comparison {
        var known = Comparison()
        let commits = (1...17).map { number in
            Commit(
                revision: String(repeating: String(number % 10), count: 40), author: number > 13 ? "Ana" : "Ben",
                date: now - .seconds(3600), subject: "Change \(number)",
                direction: number > 13 ? .broughtIn : .takenBack)
        }
        let files = (1...38).map { number in
            var file = ChangedFile(path: "src/\(number).py", status: .modified)
            (file.added, file.removed) = (number, 100 + number)
            return file
        }
        known.source = .success(SourceComparison(from: "a", to: "b", commits: commits, files: files, notes: []))
        var dependencies = DependencyComparison()
        dependencies.files = ["package-lock.json"]
        dependencies.changes = DependencyChange.between(
            [Package("axios", "1.7.2", .npm, .direct), Package("openssl", "3.0.14", .npm)],
            [Package("axios", "0.28.0", .npm, .direct), Package("openssl", "3.0.13", .npm)], file: "package-lock.json")
        known.dependencies = dependencies
        known.artifact = .failure(Problem("the artifact of 1.8.2 is gone"))
        known.configuration = .success([SettingChange(name: "command", from: "a", to: "b")])
        known.safety = [Finding(.danger, .migration, "no way down: 0042", evidence: [])]
        return known
    }

    private func look(_ size: Size, _ keys: [Key] = []) throws -> String {
        var view = ViewState(size: size, user: "ana", isReadOnly: true)
        _ = view.update(.tick(now, zone: 0))
        _ = view.update(.loaded(try AgreementTests().fleet()))
        _ = view.update(.key(.character("c")))
        let subject = CompareSubject(address: address, from: nil, to: nil, at: nil)
        _ = view.update(.comparison(subject, from: "1.9.0", to: "1.8.2", comparison))
        for key in keys { _ = view.update(.key(key)) }
        return render(view).text
    }

    private var item: ComparisonItem {
        let releases = ["1.9.0", "1.8.2"].map { Release(application: "shop", version: $0, artifact: "/\($0)") }
        return ComparisonItem(
            address, CompareRequest(from: releases[0], to: releases[1], repository: nil, mirrors: "/", now: now),
            comparison)
    }

    @Test(arguments: AgreementTests.sizes) func theComparisonSaysWhatTheCompareCommandSays(size: Size) throws {
        let (text, item) = (try look(size), item)
        #expect(text.contains("\(item.from) → \(item.to)"), "\(text)")
        let takenBack = try #require(item.takenBack)
        let sum = "takes back \(takenBack) commits, brings in \(try #require(item.broughtIn))"
        #expect(takenBack == 13 && (size.width < 100 || text.contains(sum)), "\(text)")
        let counts = [
            ("Commits", item.commits?.count), ("Files", item.files?.count), ("Dep", item.dependencies.count),
            ("Config", item.configuration?.count),
        ]
        for (title, count) in counts {
            let pattern = try Regex("\(title)[a-z]* +\(try #require(count))\\b")
            #expect(text.contains(pattern), "\(title) \(count ?? -1)\n\(text)")
        }
        for finding in item.safety { #expect(text.contains(finding.summary), "\(text)") }
        for problem in item.problems {
            #expect(text.contains(problem.reason) || text.contains("Artifact ✗"), "\(text)")
        }
    }

    @Test(arguments: AgreementTests.sizes) func eachFileAndDependencySaysWhatTheCompareCommandSays(size: Size) throws {
        let (files, dependencies) = (try look(size, [.character("2")]), try look(size, [.character("3")]))
        for file in item.files ?? [] {
            let line = files.split(separator: "\n").first { $0.contains("\(file.path) ") && $0.contains("+") }
            guard let line else { continue }
            #expect(line.contains("+\(file.added ?? -1)") && line.contains("−\(file.removed ?? -1)"), "\(line)")
        }
        #expect(files.contains("src/1.py"), "\(files)")
        for change in item.dependencies {
            let line = dependencies.split(separator: "\n").first { $0.contains(change.name) } ?? ""
            #expect(line.contains(change.from ?? "?") && line.contains(change.to ?? "?"), "\(dependencies)")
        }
    }
}
