// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Some or all of what one expert of one layer does.
package struct ExpertUnit: Sendable, Hashable {
    /// Index of the layer.
    package let layer: Int
    /// Index of the expert in its layer; the model's number of experts stands for the layer's shared expert, where the
    /// model has one.
    package let expert: Int
    /// A slice of the expert's intermediate dimension: rows of w1 and w3, columns of w2.
    package let slice: ExpertSlice

    /// Every parameter is the property of its name.
    package init(layer: Int, expert: Int, slice: ExpertSlice = .whole) {
        self.layer = layer
        self.expert = expert
        self.slice = slice
    }
}

extension ExpertUnit {
    init(_ message: Minimax__Cluster__V1__ExpertUnit, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            layer: Int(message.layer),
            expert: Int(message.expert),
            slice: ExpertSlice(index: message.slice, count: message.slices, fields))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__ExpertUnit {
        var message = unsafe Minimax__Cluster__V1__ExpertUnit()
        unsafe minimax__cluster__v1__expert_unit__init(&message)
        unsafe message.layer = UInt32(layer)
        unsafe message.expert = UInt32(expert)
        unsafe message.slice = UInt32(slice.index)
        unsafe message.slices = UInt32(slice.count)
        return unsafe message
    }
}
