/// Where a text stops being JSON that can be read, and why.
package struct JSONError: Error, Equatable {
    /// What is wrong with a text; a number is the limit that it exceeds.
    package enum Problem: Equatable, Sendable {
        case expected(String)
        case duplicateName(String)
        case tooDeep
        case tooManyValues(Int)
        case tooManyMembers(Int)
    }
    /// In bytes from the beginning of the text.
    package let offset: Int
    /// What is wrong at `offset`.
    package let problem: Problem

    /// Says what is wrong, and at which byte of the text.
    package init(offset: Int, problem: Problem) {
        self.offset = offset
        self.problem = problem
    }

    /// What should stand at `offset`.
    package var expected: String {
        switch problem {
        case .expected(let what): what
        case .duplicateName(let name): "no second \"\(name)\" in one object"
        case .tooDeep: "at most \(JSONReader.depthMax) levels of brackets"
        case .tooManyValues(let most): "at most \(most) values"
        case .tooManyMembers(let most): "at most \(most) members of objects"
        }
    }

    /// The problem and its place for an error message; a duplicate name is quoted as it is, in full.
    package var inWords: String {
        switch problem {
        case .expected: "not JSON: expected \(expected) at byte \(offset)"
        case .duplicateName(let name): "the name \"\(name)\" occurs twice in one object (byte \(offset))"
        case .tooDeep, .tooManyValues, .tooManyMembers: "too much JSON: expected \(expected) (byte \(offset))"
        }
    }
}
