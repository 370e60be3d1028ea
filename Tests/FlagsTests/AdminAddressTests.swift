import Flags
import Testing
import Transport

@Suite("Admin address") struct AdminAddressTests {
    @Test("none means no admin server, anything else an address")
    func parse() {
        #expect(AdminAddress(argument: "none") == AdminAddress(nil))
        #expect(AdminAddress(argument: "unix:/run/a.sock") == AdminAddress(.unix(path: "/run/a.sock")))
        #expect(AdminAddress(argument: "0.0.0.0:9100") == AdminAddress(.tcp(host: "0.0.0.0", port: 9100)))
        #expect(AdminAddress(argument: "9100") == nil)
    }
}
