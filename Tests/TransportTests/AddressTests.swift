import Testing

@testable import Transport

@Suite("Addresses") struct AddressTests {
    @Test(
        "the three forms are read, and printed as they were written",
        arguments: [
            ("unix:/run/x.sock", Address.unix(path: "/run/x.sock")),
            ("unix:relative.sock", .unix(path: "relative.sock")),
            ("expert-3:9000", .tcp(host: "expert-3", port: 9000)),
            ("127.0.0.1:0", .tcp(host: "127.0.0.1", port: 0)),
            ("[::1]:65535", .tcp(host: "::1", port: 65535)),
        ])
    func forms(text: String, address: Address) throws {
        #expect(try Address(parsing: text) == address)
        #expect(address.description == text)
    }

    @Test(
        "what is no address is refused with the reason",
        arguments: [
            ("", "no port"), ("unix:", "path is empty"), ("host", "no port"), ("host:", "port \"\""),
            (":80", "host is empty"),
            ("host:65536", "65536"), ("host:-1", "-1"), ("host:+1", "+1"), ("host:٣", "٣"), ("::1:80", "brackets"),
            ("unix:/a\0b", "zero byte"), ("unix:/" + String(repeating: "x", count: 107), "108 bytes"),
        ])
    func refused(text: String, reason: String) {
        let error = #expect(throws: AddressError.self) { try Address(parsing: text) }
        #expect(error?.description.contains(reason) == true)
    }
}
