/// A table for people: the first column left, the others right, two spaces between.
package struct TextTable: Sendable, Equatable {
    /// The first line's cells.
    package let header: [String]
    /// The other lines' cells, each as many as the header has.
    package var rows: [[String]]

    /// - Parameter rows: each has as many cells as the header.
    package init(header: [String], rows: [[String]] = []) {
        self.header = header
        self.rows = rows
    }

    /// Lines without trailing spaces, the header first.
    package var lines: [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
