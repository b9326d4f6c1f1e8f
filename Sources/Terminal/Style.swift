/// A color as a theme names it.
public enum Color: Hashable, Sendable {
    /// Whatever the terminal uses by itself.
    case standard
    case rgb(UInt8, UInt8, UInt8)
    /// One of the sixteen that every terminal names: 0 black … 7 white, 8 to 15 the bright ones.
    case named(UInt8)
}

/// How text looks.
public struct Style: Hashable, Sendable {
    public struct Attributes: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let bold = Attributes(rawValue: 1)
        public static let dim = Attributes(rawValue: 2)
        public static let reverse = Attributes(rawValue: 4)
        public static let underline = Attributes(rawValue: 8)
        public static let italic = Attributes(rawValue: 16)
    }

    public var foreground: Color
    public var background: Color
    public var attributes: Attributes

    public init(foreground: Color = .standard, background: Color = .standard, attributes: Attributes = []) {
        self.foreground = foreground
        self.background = background
        self.attributes = attributes
    }
}

extension Style {
    /// Foreground and background on a terminal with that many colors; -1 for its own. They are never the same.
    func indexes(colors: Int) -> (foreground: Int, background: Int) {
        let (fore, back) = (foreground.index(colors: colors), background.index(colors: colors))
        guard fore == back, fore >= 0 else { return (fore, back) }
        return (back == 0 ? 7 : 0, back)
    }
}

extension Color {
    /// The nearest color of a terminal with that many; -1 for its own.
    ///
    /// Source: the xterm palette: 16 named ones, a cube of 6 × 6 × 6, 24 grays.
    func index(colors: Int) -> Int {
        switch self {
        case .standard: return -1
        case .named(let number): return colors >= 16 ? Int(number) : Int(number) % 8
        case .rgb(let red, let green, let blue):
            let (red, green, blue) = (Int(red), Int(green), Int(blue))
            if colors >= 256 { return Self.nearestOf256(red, green, blue) }
            if colors < 16 { return Self.ofEight(red, green, blue) }
            return Self.sixteen.indices.min {
                Self.distance(Self.sixteen[$0], (red, green, blue))
                    < Self.distance(Self.sixteen[$1], (red, green, blue))
            } ?? 7
        }
    }

    /// Of eight colors by their hue, which is what tells them apart: the nearest to a soft red would be yellow.
    private static func ofEight(_ red: Int, _ green: Int, _ blue: Int) -> Int {
        let (high, low) = (max(red, green, blue), min(red, green, blue))
        // What has hardly any hue is gray.
        guard (high - low) * 6 > high else { return high < 96 ? 0 : 7 }
        let span = Double(high - low)
        // In sixths of the circle, red at 0 and 6.
        var hue = Double(red - green) / span + 4
        if high == red {
            hue = Double(green - blue) / span
        } else if high == green {
            hue = 2 + Double(blue - red) / span
        }
        switch hue < 0 ? hue + 6 : hue {
        case ..<0.4, 5.4...: return 1
        // Themes have greens that lie just behind pure yellow.
        case ...1: return 3
        case ..<2.8: return 2
        // The blue of eight is too dark to be read.
        case ..<4.4: return 6
        default: return 5
        }
    }

    private static let sixteen: [(Int, Int, Int)] = [
        (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205),
        (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255),
        (0, 255, 255), (255, 255, 255),
    ]

    private static func distance(_ left: (Int, Int, Int), _ right: (Int, Int, Int)) -> Int {
        let (red, green, blue) = (left.0 - right.0, left.1 - right.1, left.2 - right.2)
        return 2 * red * red + 4 * green * green + 3 * blue * blue
    }

    private static func nearestOf256(_ red: Int, _ green: Int, _ blue: Int) -> Int {
        let steps = [0, 95, 135, 175, 215, 255]
        func step(_ value: Int) -> Int { steps.indices.min { abs(steps[$0] - value) < abs(steps[$1] - value) } ?? 0 }
        let (redStep, greenStep, blueStep) = (step(red), step(green), step(blue))
        let cube = (steps[redStep], steps[greenStep], steps[blueStep])
        let gray = max(0, min(23, ((red + green + blue) / 3 - 3) / 10))
        let level = 8 + gray * 10
        let isGrayNearer = distance((level, level, level), (red, green, blue)) < distance(cube, (red, green, blue))
        return isGrayNearer ? 232 + gray : 16 + 36 * redStep + 6 * greenStep + blueStep
    }
}
