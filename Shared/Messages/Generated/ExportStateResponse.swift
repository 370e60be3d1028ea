// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// A part of a kept state's file.
package struct ExportStateResponse: Sendable, Equatable {
    /// The size of the whole file.
    package let fileBytes: Int
    /// The part.
    package let part: [UInt8]

    /// Each parameter becomes the property of its name.
    package init(fileBytes: Int, part: [UInt8]) {
        self.fileBytes = fileBytes
        self.part = part
    }
}

extension ExportStateResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "ExportStateResponse", bytes, minimax__cluster__v1__export_state_response__unpack,
            minimax__cluster__v1__export_state_response__free_unpacked, ExportStateResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe cMessage()
        return try unsafe withField(part) { field in
            unsafe message.part = field
            return try unsafe encode(message, body)
        }
    }

    init(_ message: Minimax__Cluster__V1__ExportStateResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            fileBytes: fields.integer(message.file_bytes, "file_bytes"),
            part: fields.values(message.part, "part"))
    }

    /// The C message. It lacks the bytes fields.
    func cMessage() -> Minimax__Cluster__V1__ExportStateResponse {
        var message = unsafe Minimax__Cluster__V1__ExportStateResponse()
        unsafe minimax__cluster__v1__export_state_response__init(&message)
        unsafe message.file_bytes = UInt64(fileBytes)
        return unsafe message
    }
}
