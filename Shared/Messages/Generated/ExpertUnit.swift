// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// One expert of one layer, or a slice of it.
package struct ExpertUnit: Sendable, Hashable {
    /// The index of the layer.
    package let layer: Int
    /// The index of the expert in its layer. Where the layer has a shared expert, the model's number of experts stands
    /// for it.
    package let expert: Int
    /// Which slice of the expert. An expert is cut along its intermediate dimension: rows of w1 and w3, columns of w2.
    package let slice: ExpertSlice

    /// Each parameter becomes the property of its name.
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
        unsafe message.layer = UInt32(clamping: layer)
        unsafe message.expert = UInt32(clamping: expert)
        unsafe message.slice = UInt32(slice.index)
        unsafe message.slices = UInt32(slice.count)
        return unsafe message
    }
}
