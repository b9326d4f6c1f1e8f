import Archive
import Foundation
import TestSupport
import Testing

@testable import Compare
@testable import HTTP

@Suite struct CredentialsTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func login(_ config: String, _ registry: String = "r.example", _ repository: String = "team/app")
        throws -> (login: Login?, faults: [String])
    {
        let path = "\(bench.path)/config.json"
        try config.write(toFile: path, atomically: true, encoding: .utf8)
        return Credentials(files: ["\(bench.path)/none.json", path]).login(registry, repository: repository)
    }

    private static func basic(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    @Test(arguments: [
        "r.example", "https://r.example", "http://r.example/", "https://r.example/v1/", "https://r.example/v2/",
        "r.example/team", "r.example/team/app",
    ])
    func aLoginIsFoundUnderWhateverKeyToolsWrite(key: String) throws {
        let auth = Self.basic("ana:pw")
        #expect(try login(#"{"auths": {"\#(key)": {"auth": "\#(auth)"}}}"#).login == .basic(auth))
    }

    @Test func theMostSpecialKeyIsUsed() throws {
        let (all, team) = (Self.basic("all:1"), Self.basic("team:2"))
        let config =
            #"{"auths": {"r.example": {"auth": "\#(all)"}, "r.example/team": {"auth": "\#(team)"}, "r.example/te": {"auth": "x"}}}"#
        #expect(try login(config).login == .basic(team))
        #expect(try login(config, "r.example", "other/app").login == .basic(all))
        #expect(try login(config, "r.example:5000").login == nil)
        let hub = #"{"auths": {"https://index.docker.io/v1/": {"auth": "\#(all)"}}}"#
        #expect(try login(hub, "registry-1.docker.io", "library/debian").login == .basic(all))
    }

    @Test func tokensInPlaceOfPasswordsAreKnown() throws {
        #expect(try login(#"{"auths": {"r.example": {"auth": "eDp5", "identitytoken": "t"}}}"#).login == .identity("t"))
        #expect(try login(#"{"auths": {"r.example": {"registrytoken": "t"}}}"#).login == .token("t"))
    }

    @Test(arguments: ["{", "[]", "", "\u{FEFF}nothing"])
    func aBrokenFileIsNamed(config: String) throws {
        let found = try login(config)
        #expect(found.login == nil)
        #expect(found.faults.count == 1 && found.faults[0].contains("config.json is no JSON"))
    }

    @Test func aLoginThatIsNoneIsNamed() throws {
        let found = try login(#"{"auths": {"r.example": {"auth": "!!"}}}"#)
        #expect(found.login == nil && found.faults.first?.contains("no user and password in Base64") == true)
    }

    @Test func aHelperIsAskedOverItsInputAndItsRefusalIsNamed() throws {
        // Helpers are found on the path alone, which a test may not change for others: a program with a path is none.
        #expect(try login(#"{"credsStore": "../x"}"#).faults.first?.contains("no name of a helper") == true)
        let missing = try login(#"{"credHelpers": {"r.example": "of-no-machine"}}"#)
        #expect(missing.login == nil)
        #expect(missing.faults.first?.contains("docker-credential-of-no-machine gives no login for r.example") == true)
        #expect(try login(#"{"credHelpers": {"other.example": "of-no-machine"}}"#).faults == [])
        #expect(try login(#"{"credsStore": "of-no-machine"}"#).faults.count == 1)
    }

    @Test func helpersAreUsedForTheServersThatTheyAreNamedFor() throws {
        let helper = "\(bench.path)/bin/docker-credential-played"
        try bench.shell(
            """
            mkdir bin; cat > \(helper) <<'E'
            #!/bin/sh
            read server
            case "$1 $server" in
            "get r.example") echo '{"ServerURL": "r.example", "Username": "ana", "Secret": "pw"}';;
            "get t.example") echo '{"ServerURL": "t.example", "Username": "<token>", "Secret": "long"}';;
            "get broken.example") echo "the keychain is locked"; exit 1;;
            *) echo "credentials not found in native keychain"; exit 1;;
            esac
            E
            chmod +x \(helper)
            """)
        func ask(_ server: String) -> (Login?, String) {
            do throws(Problem) {
                return (try Credentials.ask("played", for: server, folder: "\(bench.path)/bin"), "")
            } catch { return (nil, error.reason) }
        }
        #expect(ask("r.example").0 == .basic(Self.basic("ana:pw")))
        #expect(ask("t.example").0 == .identity("long"))
        #expect(ask("none.example") == (nil, ""))
        #expect(ask("broken.example").1.contains("the keychain is locked"))
    }

    @Test func challengesAreReadWithAndWithoutQuotes() {
        func read(_ text: String) -> [String] {
            AuthenticationChallenge.parse(text).map { challenge in
                let parameters = challenge.parameters.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
                return ([challenge.scheme] + parameters).joined(separator: " ")
            }
        }
        #expect(
            read(#"Bearer realm="https://a/t?x=1,2",service="s",scope="repository:a:pull,push""#)
                == [#"bearer realm=https://a/t?x=1,2 scope=repository:a:pull,push service=s"#])
        #expect(read("Bearer realm=https://a/t, service=s") == ["bearer realm=https://a/t service=s"])
        #expect(
            read(#"Basic realm="x \"y\"", Bearer Realm = "z" "#) == [#"basic realm=x "y""#, "bearer realm=z"])
        #expect(read("Negotiate, Basic") == ["negotiate", "basic"])
        #expect(read("") == [] && read("=,\"") == ["\""])
    }

    @Test func anIdentityTokenIsExchangedForTheRightToRead() throws {
        let played = try PlayedRegistry()
        let digest = try played.image(tag: "1", [])
        let bytes = try #require(try played.registry().manifest(digest)).bytes
        let challenge = ["WWW-Authenticate": #"Basic realm="x", Bearer realm="http://\#(played.address)/token""#]
        try played.play("manifests/1", .init(200, bytes, headers: challenge, wants: "Bearer t"))
        try played.play("/token", .init(200, Array(#"{"access_token": "t"}"#.utf8)))
        let path = "\(played.bench.path)/config.json"
        try #"{"auths": {"\#(played.address)": {"identitytoken": "long"}}}"#.write(
            toFile: path, atomically: true, encoding: .utf8)
        #expect(try played.registry(credentials: Credentials(files: [path])).manifest("1")?.bytes == bytes)
        #expect(try played.requests().contains { $0.contains("refresh_token=long") && $0.contains("grant_type") })
        // A broken file is named where it matters.
        try "{".write(toFile: path, atomically: true, encoding: .utf8)
        try played.play("/token", .init(401))
        #expect {
            try played.registry(credentials: Credentials(files: [path])).manifest("1")
        } throws: { ($0 as? Problem)?.reason.contains("config.json is no JSON") == true }
    }

    @Test(arguments: [301, 302, 303, 307, 308], [#""identitytoken": "long""#, #""auth": "eDp5""#])
    func aLoginFollowsNoRedirect(status: Int, login: String) throws {
        let (played, other) = (try PlayedRegistry(), try PlayedRegistry())
        let challenge = ["WWW-Authenticate": #"Bearer realm="http://\#(played.address)/token""#]
        try played.play("manifests/1", .init(200, [], headers: challenge, wants: "Bearer t"))
        for place in ["http://\(other.address)/steal", "http://\(played.address)/moved"] {
            try played.play("/token", .init(status, headers: ["Location": place]))
            try other.play("/steal", .init(200, Array(#"{"token": "t"}"#.utf8)))
            let path = "\(played.bench.path)/config.json"
            try #"{"auths": {"\#(played.address)": {\#(login)}}}"#.write(
                toFile: path, atomically: true, encoding: .utf8)
            #expect {
                try played.registry(credentials: Credentials(files: [path])).manifest("1")
            } throws: { ($0 as? Problem)?.reason.contains("sends on elsewhere") == true }
        }
        #expect((try? other.requests()) == nil)
        #expect(try played.requests().contains { $0.hasPrefix("/moved") } == false)
    }

    @Test func whoHasNoLoginMaySendNobodysOn() throws {
        let (played, other) = (try PlayedRegistry(), try PlayedRegistry())
        let digest = try played.image(tag: "1", [])
        let bytes = try #require(try played.registry().manifest(digest)).bytes
        let challenge = ["WWW-Authenticate": #"Bearer realm="http://\#(played.address)/token""#]
        try played.play("manifests/1", .init(200, bytes, headers: challenge, wants: "Bearer t"))
        try played.play("/token", .init(307, headers: ["Location": "http://\(other.address)/token"]))
        try other.play("/token", .init(200, Array(#"{"token": "t"}"#.utf8)))
        #expect(try played.registry().manifest("1")?.bytes == bytes)
    }

    @Test func whoABlobIsSentOnToLearnsNoLoginAndAsksForNone() throws {
        let (played, other) = (try PlayedRegistry(), try PlayedRegistry())
        let content = Array("content".utf8)
        let digest = Digest.text(of: content)
        let challenge = ["WWW-Authenticate": #"Basic realm="x""#]
        let place = "http://\(other.address)/blob"
        try played.play(
            "blobs/\(digest)",
            .init(307, headers: ["Location": place].merging(challenge) { one, _ in one }, wants: "Basic eDp5"))
        try other.play("/blob", .init(200, content))
        let path = "\(played.bench.path)/config.json"
        try #"{"auths": {"\#(played.address)": {"auth": "eDp5"}}}"#.write(
            toFile: path, atomically: true, encoding: .utf8)
        let descriptor = try ImageDescriptor(JSONValue(value: ["digest": digest]), "it")
        func blob() throws -> [UInt8] {
            try played.registry(credentials: Credentials(files: [path])).blob(descriptor, "it")
        }
        #expect(try blob() == content)
        #expect(try other.requests().map { $0.split(separator: " ") } == [["/blob", "-"]])
        // It does not get to say where a login is to be sent.
        let theirs = ["WWW-Authenticate": #"Bearer realm="http://\#(other.address)/token""#]
        try other.play("/blob", .init(200, content, headers: theirs, wants: "Bearer stolen"))
        #expect { try blob() } throws: { ($0 as? Problem)?.reason.contains("what it sends on to answers 401") == true }
        #expect(try other.requests().contains { $0.hasPrefix("/token") } == false)
    }

    @Test func whatWasAskedForUnderEncryptionStaysSo() {
        #expect(HTTPTransfer.redirectSchemes(from: "HTTPS://r.example/v2/") == "https")
        #expect(HTTPTransfer.redirectSchemes(from: "http://127.0.0.1:5000/v2/") == "http,https")
    }

    @Test func aPasswordIsNotSentWhereAnybodyCanReadIt() throws {
        let played = try PlayedRegistry()
        let challenge = ["WWW-Authenticate": #"Bearer realm="http://elsewhere.example/token""#]
        try played.play("manifests/1", .init(200, [], headers: challenge, wants: "Bearer t"))
        let path = "\(played.bench.path)/config.json"
        try #"{"auths": {"\#(played.address)": {"auth": "eDp5"}}}"#.write(
            toFile: path, atomically: true, encoding: .utf8)
        #expect {
            try played.registry(credentials: Credentials(files: [path])).manifest("1")
        } throws: { ($0 as? Problem)?.reason.contains("could read it") == true }
    }
}
