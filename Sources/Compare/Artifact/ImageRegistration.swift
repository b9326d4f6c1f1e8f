import Model

/// What is known of an image by the digest that it was registered with.
enum ImageRegistration {
    /// Looks up what was registered, whatever its tag names by now.
    /// - Returns: it, and what is not as it was registered, in sentences.
    static func contents(
        _ registry: Registry, registered: String?
    ) throws(Problem) -> (contents: Registry.Contents, dangers: [String]) {
        let reference = registry.reference
        let now = try registry.contents(reference.reference)
        let digest = registered.flatMap(ArtifactDigest.normalized)
        guard let registered = digest, registered != reference.reference else {
            guard let now else { throw registry.connection.fault("there is no such image") }
            // Older versions took anything for a digest.
            let nonsense = digest == nil ? registered : nil
            return (now, nonsense.map { ["\(reference.text) was registered with “\($0)”, which is no digest"] } ?? [])
        }
        // Pipelines register the index or the one image in it that they built.
        if let now, now.digest == registered { return (now, []) }
        if var now, let one = now.candidates.first(where: { $0.digest == registered }) {
            now.candidates = [one]
            return (now, [])
        }
        let moved =
            now.map { "the tag names \($0.digest) now, and \(registered) was registered" }
            ?? "the tag is gone, and \(registered) was registered"
        guard let then = try registry.contents(registered) else {
            throw Problem(
                registry.connection.fault("it is not what was registered: \(moved), which is gone").reason,
                mend: "push it again, or go elsewhere", isDanger: true)
        }
        return (then, ["\(reference.text) is not what was registered: \(moved)"])
    }
}

/// The digest to register an image with: the given one, else that of what its tag names now.
/// - Throws: ``Problem`` where the reference or the digest is nonsense, where they contradict each other or the registry,
///   and where no digest was given and the registry cannot be asked.
public func imageDigest(of artifact: String, given: String?) throws(Problem) -> String {
    try imageDigest(of: artifact, given: given, credentials: .usual)
}

func imageDigest(of artifact: String, given: String?, credentials: Credentials) throws(Problem) -> String {
    let reference = try ImageReference(checking: artifact)
    let wanted = try given.map { text throws(Problem) in
        guard let digest = ArtifactDigest.normalized(text) else {
            throw Problem("“\(text)” is no digest", mend: "write sha256: and 64 hexadecimal digits")
        }
        return digest
    }
    if reference.isDigest {
        guard wanted ?? reference.reference == reference.reference else {
            throw Problem("the image is \(reference.reference), not \(wanted ?? "")", mend: "correct --digest")
        }
        // Where the registry cannot be asked, whoever built it knows best.
        let answer: Registry.Contents?
        do throws(Problem) {
            answer = try Registry(reference, credentials: credentials).contents(reference.reference)
        } catch { return reference.reference }
        guard answer != nil else {
            throw Problem("there is no image \(reference.text)", mend: "correct --artifact, or push it first")
        }
        return reference.reference
    }
    let registry = Registry(reference, credentials: credentials)
    let found: Registry.Contents?
    do throws(Problem) { found = try registry.contents(reference.reference) } catch {
        // Whoever built it knows what it is, even where this machine may not ask.
        if let wanted { return wanted }
        throw Problem("cannot learn the image's digest: \(error.reason)", mend: error.mend ?? "give --digest")
    }
    guard let found else {
        throw Problem("there is no image \(reference.text)", mend: "correct --artifact, or push it first")
    }
    guard let wanted else { return found.digest }
    guard found.digest == wanted || found.candidates.contains(where: { $0.digest == wanted }) else {
        throw Problem(
            "the image's digest is \(found.digest), not \(wanted)",
            mend: "correct --digest, or name what you mean by it: oci://…@\(wanted)")
    }
    return wanted
}
