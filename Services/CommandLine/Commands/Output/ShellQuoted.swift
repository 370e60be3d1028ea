/// `argument` as a person types it in a shell: as it is where it holds nothing special, else in single quotes.
func shellQuoted(_ argument: String) -> String {
    let plain = argument.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a") ... UInt8(ascii: "z"), UInt8(ascii: "A") ... UInt8(ascii: "Z"): true
        case UInt8(ascii: "0") ... UInt8(ascii: "9"): true
        default: "/._-+=:,@%".utf8.contains(byte)
        }
    }
    return plain && !argument.isEmpty ? argument : "'\(argument.replacing("'", with: "'\\''"))'"
}
