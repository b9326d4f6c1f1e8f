import Foundation
import Testing
import Themes

@testable import Dashboard
@testable import Terminal

/// A color in linear light, as contrast and color blindness are reckoned in.
private struct Light: Equatable {
    var red: Double
    var green: Double
    var blue: Double

    /// `nil` for what only the terminal knows.
    init?(_ color: Color) {
        guard case .rgb(let red, let green, let blue) = color else { return nil }
        func linear(_ value: UInt8) -> Double {
            let share = Double(value) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        (self.red, self.green, self.blue) = (linear(red), linear(green), linear(blue))
    }

    private var luminance: Double { 0.2126 * red + 0.7152 * green + 0.0722 * blue }

    /// WCAG 2.2, "contrast ratio": 1 to 21.
    func contrast(with other: Light) -> Double {
        let (light, dark) = (max(luminance, other.luminance), min(luminance, other.luminance))
        return (light + 0.05) / (dark + 0.05)
    }

    /// As somebody sees it who lacks one kind of cone.
    /// Source: Machado, Oliveira, Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency"
    /// (2009), severity 1.0.
    func seen(by rows: [[Double]]) -> Light {
        func value(_ row: [Double]) -> Double { max(0, min(1, row[0] * red + row[1] * green + row[2] * blue)) }
        var result = self
        (result.red, result.green, result.blue) = (value(rows[0]), value(rows[1]), value(rows[2]))
        return result
    }

    /// How far two colors are apart for the eye: CIE 1976, ΔE in L*a*b* under D65; 2.3 is just noticeable.
    func distance(to other: Light) -> Double {
        let (left, right) = (lab, other.lab)
        return zip(left, right).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
    }

    private var lab: [Double] {
        func f(_ value: Double) -> Double { value > 0.008856 ? cbrt(value) : 7.787 * value + 16.0 / 116 }
        let x = f((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505)
        let y = f(luminance)
        let z = f((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089)
        return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
    }
}

@Suite struct ThemeContrastTests {
    private static let names = BuiltInThemes.all.map(\.name)

    private func theme(_ name: String) throws -> Theme {
        let text = try #require(BuiltInThemes.all.first { $0.name == name }).text
        return try Theme(parsing: text, file: "\(name).yaml")
    }

    @Test func theseTravelInsideTheBinary() {
        #expect(
            Self.names == [
                "dark", "light", "high-contrast", "color-blind", "monochrome", "terminal", "nord", "gruvbox",
                "solarized-dark", "solarized-light",
            ])
    }

    /// Lines that only part the screen carry no meaning of their own.
    private static let read = Role.allCases.filter { $0 != .frame }
    private static let neverSelected: Set<Role> = [.header, .input, .addedStrong, .removedStrong]
    private static let muted: Set<Role> = [.muted, .chart, .threshold]

    @Test(arguments: names) func whatIsToBeReadCanBeRead(_ name: String) throws {
        let theme = try theme(name)
        for role in Self.read {
            for isSelected in Self.neverSelected.contains(role) ? [false] : [false, true] {
                let number = StyleNumber(role.rawValue, isSelected: isSelected)
                let style = theme.style(number)
                guard let front = Light(style.foreground), let back = Light(style.background) else { continue }
                let wanted = Self.muted.contains(role) ? 3.0 : 4.5
                let contrast = front.contrast(with: back)
                #expect(contrast >= wanted, "\(name): \(role)\(isSelected ? ", selected" : "") \(contrast)")
            }
        }
    }

    /// Its names are those of the colors, black to white.
    private enum Eight: Int { case black, red, green, yellow, blue, magenta, cyan, white }

    @Test(arguments: ["dark", "light", "high-contrast", "nord", "gruvbox", "solarized-dark", "solarized-light"])
    func eightColorsTellStatesApartAndHideNothing(_ name: String) throws {
        let theme = try theme(name)
        let states: [(Role, Eight)] = [(.danger, .red), (.good, .green), (.warning, .yellow)]
        for (role, color) in states {
            #expect(theme.style(role.number).indexes(colors: 8).foreground == color.rawValue, "\(role)")
        }
        for role in Role.allCases {
            for isSelected in [false, true] {
                let (front, back) = theme.style(StyleNumber(role.rawValue, isSelected: isSelected)).indexes(colors: 8)
                #expect(front != back, "\(role)")
                #expect(front != Eight.blue.rawValue, "it is too dark to be read")
            }
        }
    }

    private static let deficiencies: [(name: String, rows: [[Double]])] = [
        (
            "protanopia",
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
        ),
        (
            "deuteranopia",
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
        ),
        (
            "tritanopia",
            [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
        ),
    ]

    /// Several times what one can just tell apart; the signs beside the colors say the same.
    private static let wideApart = 20.0

    @Test func theColorBlindThemeKeepsItsStatesApartForEverybody() throws {
        let theme = try theme("color-blind")
        let states: [Role] = [.good, .warning, .danger]
        for deficiency in Self.deficiencies {
            for (index, first) in states.enumerated() {
                for second in states[(index + 1)...] {
                    let colors = try [first, second].map { role in
                        try #require(Light(theme.style(role.number).foreground)).seen(by: deficiency.rows)
                    }
                    let distance = colors[0].distance(to: colors[1])
                    #expect(distance >= Self.wideApart, "\(deficiency.name): \(first) and \(second) \(distance)")
                }
            }
            let added = try #require(Light(theme.style(Role.added.number).foreground)).seen(by: deficiency.rows)
            let removed = try #require(Light(theme.style(Role.removed.number).foreground)).seen(by: deficiency.rows)
            #expect(added.distance(to: removed) >= Self.wideApart, "\(deficiency.name)")
        }
    }
}
