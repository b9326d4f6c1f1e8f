import Terminal
import Testing

@testable import Dashboard

@Suite("The palette") struct PaletteTests {
    private func desk() throws -> Desk {
        var desk = try Desk()
        desk.gallery.state.themes = ["dark", "light", "nord"]
        desk.gallery.state.theme = "dark"
        return desk
    }

    @Test("a theme is shown while one stands on its name, and kept by Enter")
    func themesArePreviewed() throws {
        var desk = try desk()
        desk.press([.character(":")])
        desk.type("theme ")
        #expect(desk.press([.down]) == [.useTheme("dark")])
        #expect(desk.press([.down]) == [.useTheme("light")])
        _ = desk.gallery.state.update(.themeChanged("light"))
        #expect(desk.gallery.state.overlay != nil)
        #expect(desk.press([.enter]) == [.useTheme("light")])
        #expect(desk.gallery.state.overlay == nil)
    }

    @Test("where the user wants no colors, it says why no theme can be chosen")
    func withoutColorsNoThemeIsOffered() throws {
        var desk = try desk()
        desk.gallery.state.isColorless = true
        desk.press([.character(":")])
        desk.type("theme ")
        #expect(desk.text.contains("NO_COLOR is set"), "\(desk.text)")
        #expect(desk.press([.down]).isEmpty)
        desk.type("light")
        #expect(desk.press([.enter]).isEmpty)
        #expect(desk.gallery.state.overlay == nil && desk.text.contains("NO_COLOR is set"), "\(desk.text)")
    }

    @Test("Esc gives back the theme that was there before others were looked at")
    func escapeGivesTheThemeBack() throws {
        var desk = try desk()
        desk.press([.character(":")])
        desk.type("theme ")
        desk.press([.down, .down])
        _ = desk.gallery.state.update(.themeChanged("light"))
        #expect(desk.press([.escape]) == [.useTheme("dark")])
    }

    @Test("a theme that was looked at is left when another command is taken")
    func anotherCommandLeavesThePreview() throws {
        var desk = try desk()
        desk.press([.character(":")])
        desk.type("theme ")
        desk.press([.down, .down])
        _ = desk.gallery.state.update(.themeChanged("light"))
        desk.press([.control("u")])
        desk.type("history")
        #expect(desk.press([.enter]).first == .useTheme("dark"))
        #expect(desk.gallery.state.view.table.name == "history")
    }

    @Test("what may follow a command is proposed, and a part of a name finds it")
    func argumentsAreProposed() throws {
        var desk = try desk()
        desk.press([.character(":")])
        desk.type("history eu")
        #expect(desk.text.contains("history shop/prod-eu"))
        #expect(!desk.text.contains("history shop/beta"))
        desk.press([.down, .enter])
        #expect(desk.gallery.state.view.address == Gallery.address("prod-eu"))
    }

    @Test("nothing is shown of themes where none was looked at")
    func escapeAloneChangesNothing() throws {
        var desk = try desk()
        desk.press([.character(":")])
        desk.type("theme ")
        #expect(desk.press([.escape]).isEmpty)
    }
}

@Suite("The last lines") struct LastLineTests {
    @Test("what is said for a while leaves the keys where they are")
    func noticesLeaveTheKeys() throws {
        var desk = try Desk()
        let keys = desk.text.split(separator: "\n").last
        desk.press([.character("["), .character("p")])
        _ = desk.gallery.state.update(.notice("something is said"))
        let lines = desk.text.split(separator: "\n")
        #expect(lines.last == keys)
        #expect(lines.dropLast().last?.contains("something is said") == true)
    }

    @Test("without Unicode, Enter and Space are words, in the key bar too, and a click still meets its key")
    func asciiHasWords() throws {
        var desk = try Desk(200, 30)
        desk.gallery.state.isASCII = true
        let bar = try #require(desk.text.split(separator: "\n").last)
        #expect(bar.contains("Enter open"))
        #expect(bar.contains("Space mark"))
        #expect(!bar.contains("⏎") && !bar.contains("␣"))
        for (binding, columns) in desk.gallery.state.barPlaces {
            let shown = Array(bar)[columns].map(String.init).joined()
            #expect(shown == "\(inASCIIWords(binding.barSign)) \(binding.bar ?? "")")
        }
    }
}
