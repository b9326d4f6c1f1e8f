import Testing

@testable import Model

@Suite struct GlobRuleTests {
    @Test(arguments: ["*", "*/*", "checkout/*", "*/prod-*", "checkout/prod-eu", "a?c/prod.1_x"])
    func whatAnEnvironmentMayBeCalledIsAGlob(glob: String) {
        #expect(NameRule.fault(inGlob: glob) == nil)
    }

    @Test(arguments: [
        ("", "is empty"), ("checkout/[", "has “[”"), ("{a,b}/prod", "has “{”"), ("checkout/prod eu", "has “ ”"),
        ("checkout", "names no environment"), ("a/b/c", "more than one"), ("/prod", "beside its “/”"),
        ("checkout/", "beside its “/”"), ("bücher/*", "has “ü”"),
    ]) func whatMatchesNoEnvironmentSaysWhyAndHowItIsWritten(glob: String, said: String) throws {
        let fault = try #require(NameRule.fault(inGlob: glob))
        #expect(fault.reason.contains(said), "\(fault.reason)")
        #expect(fault.mend.contains("checkout/*"))
    }
}
