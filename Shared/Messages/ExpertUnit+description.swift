extension ExpertUnit: CustomStringConvertible {
    /// For example "slice 1 of 4 of expert 7 of layer 3".
    package var description: String {
        let expert = "expert \(expert) of layer \(layer)"
        return slice == .whole ? expert : "slice \(slice.index) of \(slice.count) of \(expert)"
    }
}
