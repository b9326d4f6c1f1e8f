import Model
import Targets
import YAML

/// The directories and ports of the environments read so far, to find what two of them would share.
struct SharedPlaces {
    private struct Directory {
        var address: EnvironmentAddress
        var path: String
        var canonical: String
        var mark: Mark
    }

    private struct Ports {
        var address: EnvironmentAddress
        var range: ClosedRange<Int>
        var mark: Mark
    }

    private var directories: [Directory] = []
    private var ports: [Ports] = []
    private struct FlagPlace: Hashable {
        var file: String
        var flag: String
    }

    private var flags: [(address: EnvironmentAddress, place: FlagPlace, mark: Mark)] = []
    private var fronts: [(address: EnvironmentAddress, port: Int, mark: Mark)] = []

    mutating func add(_ directory: String, of address: EnvironmentAddress, _ mark: Mark) {
        directories.append(
            Directory(address: address, path: directory, canonical: canonicalPath(directory), mark: mark))
    }

    mutating func add(_ range: ClosedRange<Int>, of address: EnvironmentAddress, _ mark: Mark) {
        ports.append(Ports(address: address, range: range, mark: mark))
    }

    mutating func add(front port: Int, of address: EnvironmentAddress, _ mark: Mark) {
        fronts.append((address, port, mark))
    }

    mutating func add(flag: String, in file: String, of address: EnvironmentAddress, _ mark: Mark) {
        flags.append((address, FlagPlace(file: canonicalPath(file), flag: flag), mark))
    }

    /// Reports each flag that two environments turn on and off: what one of them takes back, the other would lose.
    func reportFlags(_ reader: Reader) {
        var owners: [FlagPlace: EnvironmentAddress] = [:]
        for flag in flags {
            if let other = owners[flag.place] {
                reader.report(
                    flag.mark,
                    "\(flag.address) and \(other) both set flag \(flag.place.flag) of \(flag.place.file)",
                    mend: "give each environment a flag or a file of its own")
            }
            owners[flag.place] = flag.address
        }
    }

    /// Reports each front whose port another front has, or an instance may take.
    func reportFronts(_ reader: Reader) {
        var owners: [Int: EnvironmentAddress] = [:]
        for front in fronts {
            if let other = owners[front.port] {
                reader.report(
                    front.mark, "the front of \(front.address) has port \(front.port), as that of \(other) has",
                    mend: "give each environment a port of its own")
            }
            owners[front.port] = front.address
            if let taken = ports.first(where: { $0.range.contains(front.port) }) {
                reader.report(
                    front.mark,
                    "the front of \(front.address) has port \(front.port), which instances of \(taken.address) may take: "
                        + "\(words(taken.range))", mend: "give the front a port outside of that range")
            }
        }
    }

    /// Reports each directory that is another's, or lies within another's: what is done for one would be done to both.
    func reportDirectories(_ reader: Reader) {
        var owners: [Substring: Directory] = [:]
        for directory in directories {
            let path = directory.canonical[...]
            if let other = owners[path] {
                reader.report(
                    directory.mark,
                    "\(directory.address) uses the directory of \(other.address)\(spelling(directory, other))",
                    mend: "give each environment a directory of its own")
            } else {
                owners[path] = directory
            }
        }
        for directory in directories {
            var above = directory.canonical[...]
            while let slash = above.lastIndex(of: "/"), above != "/" {
                above = slash == above.startIndex ? "/" : above[..<slash]
                guard let other = owners[above] else { continue }
                reader.report(
                    directory.mark,
                    "the directory of \(directory.address) lies within that of \(other.address), \(other.path)",
                    mend: "give each environment a directory of its own, beside the others")
                break
            }
        }
    }

    private func spelling(_ one: Directory, _ other: Directory) -> String {
        one.path == other.path ? "" : ": \(one.path) and \(other.path) are both \(one.canonical)"
    }

    /// What is to be said of environments that take their ports from the same numbers, once for each range.
    func portRemarks(file: String) -> [Fault] {
        var remarks: [Fault] = []
        var told: Set<Mark> = []
        var widest: Ports?
        for ports in ports.sorted(by: { ($0.range.lowerBound, $0.mark.line) < ($1.range.lowerBound, $1.mark.line) }) {
            if let widest, widest.range.upperBound >= ports.range.lowerBound, told.insert(ports.mark).inserted {
                remarks.append(
                    Fault(
                        file: file, mark: ports.mark,
                        message: "\(ports.address) takes ports from \(words(ports.range)), and \(widest.address) from "
                            + "\(words(widest.range)): where one has taken them, the other finds none free",
                        mend: "give each environment a range of its own"))
            }
            if widest.map({ $0.range.upperBound < ports.range.upperBound }) ?? true { widest = ports }
        }
        return remarks
    }

    private func words(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound)-\(range.upperBound)" }
}
