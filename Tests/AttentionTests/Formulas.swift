import Checkpoint
import Foundation
import Tensors

/// The attention layers by the formulas of their specification, in Double and as slowly as they are written there.
///
/// Nothing here uses the code under test: weights come from the checkpoint, and all else from this file.
enum Formulas {
    typealias Matrix = [[Double]]

    static func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }

    static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    static func dot(_ left: some Sequence<Double>, _ right: some Sequence<Double>) -> Double {
        zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// Each row times the transposed weights: (rows, weights.rows).
    static func product(_ rows: Matrix, _ weights: WeightMatrix) -> Matrix {
        let values = weights.floats().map(Double.init), columns = weights.columns
        return rows.map { row in
            (0 ..< weights.rows).map { output in dot(row, values[output * columns ..< (output + 1) * columns]) }
        }
    }

    /// The recurrence of section 2.8 for one head: S = decay · S + k vᵀ, o = q S.
    ///
    /// - Parameter slope: the state shrinks by exp(-slope) a token.
    /// - Returns: each token's output, and the state after the last one, key component by value component.
    static func lightningHead(q: Matrix, k: Matrix, v: Matrix, slope: Double) -> (outputs: Matrix, state: Matrix) {
        let d = q[0].count, decay = exp(-slope)
        var state = Matrix(repeating: [Double](repeating: 0, count: d), count: d)
        let outputs = q.indices.map { token in
            for key in 0 ..< d {
                for value in 0 ..< d { state[key][value] = decay * state[key][value] + k[token][key] * v[token][value] }
            }
            return (0 ..< d).map { value in (0 ..< d).reduce(0) { $0 + q[token][$1] * state[$1][value] } }
        }
        return (outputs, state)
    }

    /// Half-split rotation of a head's first `dimension` components by the position, as a product of complex numbers.
    static func rotated(_ head: [Double], position: Int, dimension: Int, theta: Double) -> [Double] {
        var result = head
        for pair in 0 ..< dimension / 2 {
            let angle = Double(position) / pow(theta, Double(2 * pair) / Double(dimension))
            let (real, imaginary) = (head[pair], head[pair + dimension / 2])
            result[pair] = real * cos(angle) - imaginary * sin(angle)
            result[pair + dimension / 2] = real * sin(angle) + imaginary * cos(angle)
        }
        return result
    }

    /// One query over keys and values: softmax of the scaled scores, then the weighted values.
    static func attended(_ query: [Double], _ keys: ArraySlice<[Double]>, _ values: ArraySlice<[Double]>) -> [Double] {
        let scores = keys.map { dot(query, $0) / Double(query.count).squareRoot() }
        let largest = scores.max()!
        let weights = scores.map { exp($0 - largest) }
        let sum = weights.reduce(0, +)
        return query.indices.map { component in
            zip(weights, values).reduce(0) { $0 + $1.0 * $1.1[component] } / sum
        }
    }

    /// Head `head` of rows whose heads have `d` components.
    static func head(_ head: Int, of rows: Matrix, _ d: Int) -> Matrix {
        rows.map { Array($0[head * d ..< (head + 1) * d]) }
    }
}

extension Tensor {
    var inDouble: Formulas.Matrix { (0 ..< rows).map { row($0).map(Double.init) } }
}

/// The largest difference, as a share of the largest expected value.
func relativeDifference(_ found: some Sequence<Float>, _ expected: some Sequence<Double>) -> Double {
    let largest = expected.reduce(0) { max($0, abs($1)) }
    return zip(found, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) } / largest
}
