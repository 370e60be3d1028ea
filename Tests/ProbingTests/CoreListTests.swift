import Probing
import Testing

@Suite("Core lists") struct CoreListTests {
    @Test(
        "numbers and ranges are read, anything else is none",
        arguments: [
            ("0", [0]), ("0-3,8", [0, 1, 2, 3, 8]), ("5-5", [5]),
            ("", nil), ("3-1", nil), ("-1", nil), ("1-", nil), ("1,,2", nil), ("a", nil), ("1-2-3", nil),
            ("0-99999999999", nil), ("9999999999999999999", nil),
        ] as [(String, [Int]?)])
    func read(list: String, cores: [Int]?) { #expect(CoreList.cores(in: list) == cores) }

    @Test("what this process may use stands in its status")
    func allowed() {
        #expect(
            CoreList.cores(allowedBy: "Name:\tx\nCpus_allowed:\tf\nCpus_allowed_list:\t2-3,7\nMems_allowed:\t1\n") == [
                2, 3, 7,
            ])
        #expect(CoreList.cores(allowedBy: "Name:\tx\n") == [])
    }

    @Test("sets have no core in common; where there are too few cores there are none")
    func sets() {
        #expect(CoreList.sets(2, of: 2, from: [1, 3, 5, 7, 9]) == [[1, 3], [5, 7]])
        #expect(CoreList.sets(3, of: 2, from: [1, 3, 5, 7, 9]) == nil)
        #expect(CoreList.sets(1, of: 0, from: [1]) == nil)
        #expect(CoreList.sets(2, of: .max, from: [1]) == nil)
    }
}
