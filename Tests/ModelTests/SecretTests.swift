import Model
import Testing

@Suite struct SecretTests {
    /// A text, and what is left of it.
    static let secrets: [(String, String)] = [
        ("pushed with ghp_16C7e42F292c6912E7710c838347Ae178B4a", "pushed with ghp_‹hidden›"),
        ("gho_16C7e42F292c6912E7710c838347Ae178B4a", "gho_‹hidden›"),
        ("github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123", "github_pat_‹hidden›"),
        ("glpat-abcDEF123456_7890xyz", "glpat-‹hidden›"),
        ("xoxb-2048-2048-abcdefABCDEF", "xoxb-‹hidden›"),
        ("key AKIAIOSFODNN7EXAMPLE used", "key AKIA‹hidden› used"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = ‹hidden›"),
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "sk_live_‹hidden›"),
        ("rk_test_4eC39HqLyjWDarjtT1zdp7dc", "rk_test_‹hidden›"),
        ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "AIza‹hidden›"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN", "jwt eyJ‹hidden›"),
        ("Authorization: Bearer abcdef", "Authorization: ‹hidden›"),
        ("curl -H 'Authorization: Basic YW5hOnB3' http://x", "curl -H 'Authorization: ‹hidden›' http://x"),
        ("got Bearer 1234567890abc back", "got Bearer ‹hidden› back"),
        ("postgres://ana:hunter2@db/shop", "postgres://ana:‹hidden›@db/shop"),
        ("postgres://ana:hun/ter2@db/shop", "postgres://ana:‹hidden›@db/shop"),
        ("redis://:hunter2@cache:6379/0", "redis://:‹hidden›@cache:6379/0"),
        ("see https://a1b2c3d4e5f6a7b8c9d0e1@host/x.git", "see https://‹hidden›@host/x.git"),
        ("root:hunter2@tcp(db:3306)/shop", "root:‹hidden›@tcp(db:3306)/shop"),
        ("password=hunter2", "password=‹hidden›"),
        ("password=p;w&d,x", "password=‹hidden›"),
        ("passwd: hunter2", "passwd: ‹hidden›"),
        ("user=ana&password=hunter2&page=2", "user=ana&password=‹hidden›&page=2"),
        ("https://x/y?token=abc&page=2", "https://x/y?token=‹hidden›&page=2"),
        ("Server=db;Password=hunter2;Timeout=5", "Server=db;Password=‹hidden›;Timeout=5"),
        (
            "AccountName=a;AccountKey=abc+def/ghi==;EndpointSuffix=core",
            "AccountName=a;AccountKey=‹hidden›;EndpointSuffix=core"
        ),
        (#"{"user":"ana","password":"hunter2"}"#, #"{"user":"ana","password":"‹hidden›"}"#),
        (#"{\"api_key\":\"abc\",\"n\":1}"#, #"{\"api_key\":\"‹hidden›\",\"n\":1}"#),
        (#"config["secret"] = "abc""#, #"config["secret"] = "‹hidden›""#),
        ("api_key=abc123", "api_key=‹hidden›"),
        ("X-Api-Key: abc123def", "X-Api-Key: ‹hidden›"),
        ("Cookie: session=abc; other=def", "Cookie: ‹hidden›"),
        ("GITHUB_PAT=abc", "GITHUB_PAT=‹hidden›"),
        ("STRIPE_SK=abc ./server", "STRIPE_SK=‹hidden› ./server"),
        ("mysql -u root -phunter2 shop", "mysql -u root -p‹hidden› shop"),
        ("mysqldump --password=hunter2 shop", "mysqldump --password=‹hidden› shop"),
        ("python3 server.py -pSECRETPW1", "python3 server.py -p‹hidden›"),
        ("restarted with -pR3asonMysql by hand", "restarted with -p‹hidden› by hand"),
        ("-pR3asonMysql", "-p‹hidden›"), ("[\"mysql\",\"-phunter2222\"]", "[\"mysql\",\"-p‹hidden›\"]"),
        ("leaked password is M4rkPassw0rd", "leaked password is ‹hidden›"),
        ("The secret is 'x7y8z9', sorry", "The secret is '‹hidden›', sorry"),
        ("DB_PASSWD is hunter2.", "DB_PASSWD is ‹hidden›."), ("token is: a1b2c3d4", "token is: ‹hidden›"),
        ("the api key is a1b2c3d4e5f6a7b8c9d0e1", "the api key is ‹hidden›"),
        ("ci:glpat-abcDEF123456_7890xyz", "ci:glpat-‹hidden›"),
        ("sshpass -p hunter2 ssh x", "sshpass -p ‹hidden› ssh x"),
        ("login --password hunter2 --user ana", "login --password ‹hidden› --user ana"),
        ("curl -u ana:hunter2 http://x", "curl -u ana:‹hidden› http://x"),
        ("curl --user ana:hunter2 http://x", "curl --user ana:‹hidden› http://x"),
        ("redis-cli -a hunter2 ping", "redis-cli -a ‹hidden› ping"),
        ("npm_abcdefghijklmnopqrstuvwxyz0123456789", "npm_‹hidden›"),
        ("SG.abcdefghijklmnop.qrstuvwxyz0123456789ABCDEF", "SG.‹hidden›"),
        (
            "x -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY----- y",
            "x -----BEGIN RSA PRIVATE KEY-----‹hidden›-----END RSA PRIVATE KEY----- y"
        ),
        ("-----BEGIN PRIVATE KEY-----\\nMIIE", "-----BEGIN PRIVATE KEY-----‹hidden›"),
        ("“größe” secret=ähm!", "“größe” secret=‹hidden›"),
        ("a=1 token=abc b=2 secret=def", "a=1 token=‹hidden› b=2 secret=‹hidden›"),
    ]

    /// What only looks like one.
    static let harmless = [
        "8f14e45fceea167a5a36dedd4bea2543c0ffee00", "revision 4f2a9c1", "1.8.0-rc.1+build.42",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "integrity sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        "key: a deployment", "123e4567-e89b-12d3-a456-426614174000",
        "/srv/shop/releases/2024.11.25-1432-4f2a9c1.tar.gz",
        "oci://registry.example.com:5000/shop/web:1.8.0", "http://127.0.0.1:8100/health", "https://example.com/a@b",
        "ssh://git@github.com/shop/web.git", "git@github.com:shop/web.git", "the token expired",
        "unexpected token: }", "error: token: invalid", "password: incorrect", "password required",
        "secret: missing", "max_tokens=4096", "tokens: 128", "if token == nil", "token := next()",
        "docker run -u 1000:1000 web", "ssh -p 2222 host", "mkdir -p /srv/shop", "cp -p a b", "PWD=/srv/shop",
        "pass=12 fail=3", "token=$TOKEN", "password=${DB_PASSWORD}", "--password <password>", "password=***",
        "password=‹hidden›", "password=(hidden)", "postgres://ana:‹hidden›@db/shop", "Basic authentication failed",
        "Bearer authentication is needed", "-----BEGIN CERTIFICATE-----", "sk_live_", "ghp_", "npm_config_registry",
        "AKIA", "--token-file /run/token", "monkey=banana", "author: ana", "faults 5.2 % > 1 % (3 of 5)",
        "eyJust a word", "12:30:05 started", "a:b:c", "x = y", "--password", "password=", "token:", "user:pass@",
        "ssh -p2222 host", "ssh -p22222222 host", "cp -pr a b", "gcc -pthread -pipe", "docker run -p8080:80/tcp web",
        "docker run -p127.0.0.1:8080:80 web", "go test -parallel=16", "java -profile:compact3", "mkdir -p/srv/shop/v2",
        "nmap -p22,80,443-1024", "tar -pxzf release-1.8.0.tar.gz", "checkout-prod-eu-12345a", "2024-p1234567a",
        "the password is wrong", "token is expired", "the secret is missing in prod2", "token is /run/secrets/t1",
        "the token is $TOKEN1", "the key is release-1", "this is 4f2a9c1", "password is (hidden)",
        "the password is ‹hidden›", "-p‹hidden›", "history is a1b2c3d4",
        "process 4711@host", "sort key: name", "primary key=id", "session: started", "@tcp(db)", "://", "-", "=",
    ]

    @Test(arguments: secrets)
    func whatIsShapedLikeASecretIsHiddenAndWhatIsBeforeItStays(text: String, left: String) {
        #expect(Secrets.hiding(in: text) == left)
        #expect(Secrets.hiding(in: left) == left, "once hidden, nothing more is")
    }

    @Test(arguments: harmless)
    func whatOnlyLooksLikeASecretStays(text: String) { #expect(Secrets.hiding(in: text) == text) }

    @Test func aSecretInAReasonIsNotInTheEventNorInOneOfALedgerOfBefore() {
        let body = EventBody.holdPlaced(
            suspect: "1.0", order: 1, reason: "leaked ghp_16C7e42F292c6912E7710c838347Ae178B4a")
        let safe = EventBody.holdPlaced(suspect: "1.0", order: 1, reason: "leaked ghp_‹hidden›")
        #expect(body.withoutSecrets == safe)
        #expect(EventBody(kind: body.kind, stored: body.stored) == safe)
    }

    @Test(arguments: ["\n", "\t", "\r\n", "\u{1B}", "\u{08}", "\"", "\\"])
    func aSecretThatFollowsUponWhatJSONEscapesIsHiddenInEventsToo(before: String) {
        for secret in ["ghp_16C7e42F292c6912E7710c838347Ae178B4a", "Bearer 4f9aQ82kd71LmX03", "--password hunter22"] {
            let body = EventBody.releaseMarked(release: "1.0", verdict: .bad, reason: "see:" + before + secret)
            for read in [body.withoutSecrets, EventBody(kind: body.kind, stored: body.stored)] {
                guard case .releaseMarked(_, _, let reason) = read else { continue }
                #expect(reason == Secrets.hiding(in: "see:" + before + secret))
                #expect(reason.contains(Secrets.placeholder), "\(reason)")
            }
        }
    }

    @Test func whatLeadsToAThingIsKeptAsItIs() {
        let release = Release(application: "shop", version: "1.0", artifact: "https://ana:pw@host/1.0.tar.gz")
        #expect(EventBody.releaseRegistered(release).withoutSecrets == .releaseRegistered(release))
    }

    @Test func aVariableThatWasWrittenDownInTheClearIsHiddenWhereItsNameTells() {
        let told = EventBody.targetTold(
            deployment: 1, release: "1.0", settings: ["variables.STRIPE_SK": "abc", "variables.POOL": "8"])
        #expect(
            told.withoutSecrets
                == .targetTold(
                    deployment: 1, release: "1.0", settings: ["variables.STRIPE_SK": "‹hidden›", "variables.POOL": "8"])
        )
    }
}
