/// A size or place on the screen, in cells.
public struct Size: Hashable, Sendable {
    public var width: Int
    public var height: Int

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

/// A part of the screen, in cells from the top left.
public struct Rect: Hashable, Sendable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = max(0, width)
        self.height = max(0, height)
    }

    /// The `rows` at the top, and what is left below.
    public func split(top rows: Int) -> (Rect, Rect) {
        let rows = max(0, min(rows, height))
        return (
            Rect(x: x, y: y, width: width, height: rows),
            Rect(x: x, y: y + rows, width: width, height: height - rows)
        )
    }

    /// The `columns` at the left, and what is left beside.
    public func split(left columns: Int) -> (Rect, Rect) {
        let columns = max(0, min(columns, width))
        return (
            Rect(x: x, y: y, width: columns, height: height),
            Rect(x: x + columns, y: y, width: width - columns, height: height)
        )
    }

    public func contains(x pointX: Int, y pointY: Int) -> Bool {
        pointX >= x && pointX < x + width && pointY >= y && pointY < y + height
    }
}

/// Which style a cell has: a number that the caller gives a meaning, and whether the cell is in the selection.
public struct StyleNumber: Hashable, Sendable {
    public var number: UInt8
    public var isSelected: Bool

    public init(_ number: UInt8, isSelected: Bool = false) {
        self.number = number
        self.isSelected = isSelected
    }
}

/// One place of the screen.
public struct Cell: Hashable, Sendable {
    /// NUL where the wide character to the left reaches into this cell.
    public var scalar: Unicode.Scalar
    public var style: StyleNumber

    public init(_ scalar: Unicode.Scalar, _ style: StyleNumber) {
        self.scalar = scalar
        self.style = style
    }
}

/// A whole screen as a value.
///
/// Whatever is put on it is clipped to it, and made visible: no text can move the cursor or change a color.
public struct Frame: Equatable, Sendable {
    public let size: Size
    public private(set) var cells: [Cell]
    /// Where the terminal's cursor stands; `nil` where it is hidden.
    public var cursor: (x: Int, y: Int)?
    /// How things stand, in a few words for the terminal's title.
    public var title: String?
    /// Whether texts are for a terminal that shows ASCII only: keys that have a sign are written in words.
    public var isASCII = false

    public init(size: Size, style: StyleNumber = StyleNumber(0)) {
        self.size = Size(width: max(0, size.width), height: max(0, size.height))
        cells = Array(repeating: Cell(" ", style), count: self.size.width * self.size.height)
    }

    public static func == (left: Frame, right: Frame) -> Bool {
        left.size == right.size && left.cells == right.cells && left.title == right.title
            && left.cursor?.x == right.cursor?.x
            && left.cursor?.y == right.cursor?.y
    }

    public subscript(x: Int, y: Int) -> Cell { cells[y * size.width + x] }

    public func row(_ y: Int) -> ArraySlice<Cell> { cells[y * size.width..<(y + 1) * size.width] }

    /// Puts one scalar there, where there is such a place.
    public mutating func put(_ scalar: Unicode.Scalar, x: Int, y: Int, _ style: StyleNumber) {
        guard x >= 0, y >= 0, x < size.width, y < size.height else { return }
        cells[y * size.width + x] = Cell(scalar, style)
    }

    /// Writes a text, at the most `width` columns of it; one that is cut ends in `…`.
    /// - Returns: the column behind it.
    @discardableResult
    public mutating func write(
        _ text: String, x: Int, y: Int, width: Int = .max, _ style: StyleNumber
    ) -> Int {
        let room = min(width, size.width - x)
        guard room > 0, y >= 0, y < size.height else { return x }
        let text = isASCII ? inASCIIWords(visible(text)) : visible(text)
        let needed = columns(of: text)
        var column = x
        let end = x + room - (needed > room ? 1 : 0)
        for scalar in text.unicodeScalars {
            let wide = Terminal.columns(of: scalar)
            if wide == 0 { continue }
            guard column + wide <= end else { break }
            put(scalar, x: column, y: y, style)
            if wide == 2 { put("\0", x: column + 1, y: y, style) }
            column += wide
        }
        if needed > room {
            put("…", x: column, y: y, style)
            column += 1
        }
        return column
    }

    /// Gives all cells of a part another style, and keeps what stands there.
    public mutating func select(_ rect: Rect) {
        for y in max(0, rect.y)..<max(0, min(size.height, rect.y + rect.height)) {
            for x in max(0, rect.x)..<max(0, min(size.width, rect.x + rect.width)) {
                cells[y * size.width + x].style.isSelected = true
            }
        }
    }

    public mutating func fill(_ rect: Rect, _ scalar: Unicode.Scalar, _ style: StyleNumber) {
        for y in rect.y..<rect.y + rect.height {
            for x in rect.x..<rect.x + rect.width { put(scalar, x: x, y: y, style) }
        }
    }

    /// The text of all rows, without blanks at their ends.
    public var text: String {
        (0..<size.height).map { y in
            var line = String(String.UnicodeScalarView(row(y).map(\.scalar).filter { $0 != "\0" }))
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }.joined(separator: "\n") + "\n"
    }
}
