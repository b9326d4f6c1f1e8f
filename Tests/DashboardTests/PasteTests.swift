import Terminal
import Testing

@testable import Dashboard

/// What comes from the clipboard is text, wherever it goes.
@Suite struct PasteTests {
    private static let text = "rq:\ny\n␣\n"

    private static let ways: [[Key]] = [
        [], [.character("h")], [.character("a")], [.character("e")], [.character("t")], [.character("?")],
    ]

    @Test(arguments: ways)
    func inAViewItIsNoKey(opening: [Key]) throws {
        var desk = try Desk()
        desk.press([.home] + opening)
        let before = (desk.gallery.state.view, desk.gallery.state.overlay, desk.gallery.state.marked)
        let effects = desk.press([.paste(Self.text)])
        #expect(Desk.orders(effects).isEmpty && !effects.contains(.quit))
        #expect(desk.gallery.state.view == before.0 && desk.gallery.state.overlay == before.1)
        #expect(desk.gallery.state.marked == before.2)
        if opening != [.character("?")] { #expect(desk.text.contains("pasted text is not taken for keys")) }
    }

    @Test func inAFieldItIsOneLineOfVisibleText() throws {
        var desk = try Desk()
        desk.press([.character("/"), .paste("prod\neu\u{1B}[2J")])
        guard case .filter(let field, _) = desk.gallery.state.overlay else {
            Issue.record("nothing is filtered")
            return
        }
        #expect(field.text.hasPrefix("prod eu") && !field.text.contains("\u{1B}") && !field.text.contains("\n"))
        desk.press([.paste(String(repeating: "x", count: 5000))])
        guard case .filter(let longer, _) = desk.gallery.state.overlay else {
            Issue.record("nothing is filtered")
            return
        }
        #expect(longer.text.count == 200)
    }

    @Test(arguments: Ordered.asked) func itConfirmsNothing(what: Ordered) throws {
        var desk = try Desk()
        let last = try desk.reach(what)
        let pasted = last == .enter ? "\n" : "y\n"
        #expect(Desk.orders(desk.press([.paste(pasted)])).isEmpty)
    }
}
