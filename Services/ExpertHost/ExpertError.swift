internal import Messages

/// Why a call to an expert host cannot be answered.
enum ExpertError: Error, Equatable, CustomStringConvertible {
    case fingerprint(expected: String, found: String)
    case layer(Int, count: Int)
    case expert(Int, layer: Int, count: Int)
    case notHeld(ExpertUnit)
    case slice(ExpertUnit)
    case secondGroup(ExpertUnit)
    case row(Int, rows: Int)
    case rowCount(Int, rows: Int)
    case shape(expected: String, found: Int)

    var description: String {
        switch self {
        case .fingerprint(let expected, let found):
            "this host's checkpoint is \(expected), the router's is \(found): they must be the same"
        case .layer(let found, let count): "layer \(found) of a model of \(count) layers"
        case .expert(let found, let layer, let count): "expert \(found) of layer \(layer), which has \(count) experts"
        case .notHeld(let unit): "\(unit) is not held here"
        case .slice(let unit): "\(unit), which cannot be cut so finely"
        case .secondGroup(let unit): "\(unit) is asked for twice in one call"
        case .row(let row, let rows): "a token group names row \(row) of \(rows)"
        case .rowCount(let count, let rows): "a token group names \(count) rows, expected 1 to \(rows)"
        case .shape(let expected, let found): "hidden holds \(found) values, expected \(expected)"
        }
    }
}
