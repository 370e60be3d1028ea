/// Results of work that several threads share: each writes places of its own, and all have returned before one reads.
///
/// No place is written by two threads, nor read while it is written.
@safe package final class Slots<Value: Sendable>: @unchecked Sendable {
    private let places: UnsafeMutableBufferPointer<Value?>
    private let count: Int

    /// Makes `count` places, none of them written yet.
    package init(count: Int) {
        self.count = count
        unsafe places = .allocate(capacity: count)
        unsafe places.initialize(repeating: nil)
    }

    deinit {
        unsafe places.deinitialize()
        unsafe places.deallocate()
    }

    /// The value of one place; nil until it is written.
    package subscript(index: Int) -> Value? {
        get {
            precondition(index >= 0 && index < count, "place \(index) of \(count)")
            return unsafe places[index]
        }
        set {
            precondition(index >= 0 && index < count, "place \(index) of \(count)")
            unsafe places[index] = newValue
        }
    }

    /// The values of `range`, all of which must have been written.
    package subscript(range: Range<Int>) -> [Value] {
        range.map { index in
            guard let value = self[index] else { preconditionFailure("place \(index) was not written") }
            return value
        }
    }
}
