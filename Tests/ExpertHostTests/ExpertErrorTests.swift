import Messages
import Tensors
import Testing
import Transport

@testable import ExpertHost

@Suite("Errors of an expert host") struct ExpertErrorTests {
    private static let row = [Float](repeating: 1, count: 40)

    private func refuses<Answer>(
        _ error: ExpertError, _ location: SourceLocation = #_sourceLocation, _ call: () async throws -> Answer
    ) async {
        await #expect(throws: error, sourceLocation: location) { _ = try await call() }
    }

    @Test("a wish that cannot be met is refused by name, and nothing of it is held")
    func wishes() async throws {
        let engine = try ExpertEngine("shared-expert-list")
        let good = ExpertUnit(layer: 0, expert: 0)
        // Expert 3 is the shared one: layer 0 has one, layer 1 has none. Sizes of 12 and 20 cut into 4, not into 8.
        let eighth = ExpertUnit(layer: 0, expert: 1, slice: ExpertSlice(index: 7, of: 8))
        let wishes: [(ExpertUnit, ExpertError)] = [
            (ExpertUnit(layer: 3, expert: 0), .layer(3, count: 3)),
            (ExpertUnit(layer: 0, expert: 4), .expert(4, layer: 0, count: 3)),
            (ExpertUnit(layer: 1, expert: 3), .expert(3, layer: 1, count: 3)),
            (eighth, .slice(eighth)),
        ]
        for (unit, error) in wishes {
            await refuses(error) { try await engine.hold([good, unit]) }
            #expect(engine.usage.experts == 0 && engine.usage.bytes == 0 && engine.usage.planVersion == 0)
        }
        await refuses(.fingerprint(expected: engine.fingerprint, found: "other")) {
            try await engine.hold([good], fingerprint: "other")
        }
        #expect(try await engine.hold([good, ExpertUnit(layer: 0, expert: 3)], planVersion: 9) > 0)
        #expect(engine.usage.experts == 2 && engine.usage.planVersion == 9)
        await refuses(.expert(3, layer: 2, count: 3)) {
            try await engine.retain(RetainRequest(router: "r", units: [ExpertUnit(layer: 2, expert: 3)]))
        }
        #expect(engine.usage.experts == 2)
    }

    @Test("a call that does not fit is refused by name")
    func calls() async throws {
        let engine = try ExpertEngine("mixed-original")
        try await engine.hold([ExpertUnit(layer: 0, expert: 0), ExpertUnit(layer: 0, expert: 1)])
        func group(_ expert: Int, _ slice: ExpertSlice = .whole, _ rows: [UInt32] = [0]) -> TokenGroup {
            TokenGroup(expert: expert, slice: slice, rows: rows)
        }
        let other = ExpertSlice(index: 0, of: 2), half = ExpertSlice(index: 1, of: 2)
        let quarter = ExpertSlice(index: 3, of: 4)
        func unit(_ expert: Int, _ slice: ExpertSlice = .whole) -> ExpertUnit {
            ExpertUnit(layer: 0, expert: expert, slice: slice)
        }
        let cases: [([TokenGroup], ExpertError)] = [
            ([group(0), group(0)], .secondGroup(unit(0))),
            ([group(0, half), group(1), group(0, quarter)], .secondGroup(unit(0, quarter))),
            ([group(0, quarter), group(0)], .secondGroup(unit(0))),
            ([group(0, half), group(0, other), group(0, half)], .secondGroup(unit(0, half))),
            ([group(1, .whole, [])], .rowCount(0, rows: 1)),
            ([group(1, .whole, [0, 0])], .rowCount(2, rows: 1)),
            ([group(0), group(1, .whole, [1])], .row(1, rows: 1)),
            ([group(0), group(2)], .notHeld(unit(2))),
            ([group(5)], .expert(5, layer: 0, count: 5)),
        ]
        for (groups, error) in cases {
            await refuses(error) { try await engine.outputs(hidden: Self.row, groups) }
        }
        await refuses(.layer(3, count: 3)) { try await engine.outputs(layer: 3, hidden: Self.row, [group(0)]) }
        for count in [0, 39, 41] {
            await refuses(.shape(expected: "one or more rows of 40", found: count)) {
                try await engine.outputs(hidden: [Float](repeating: 1, count: count), [group(0)])
            }
        }
        #expect(engine.calls.isEmpty && engine.calls.count == 0, "none of them came to wait")
        let both = try await engine.outputs(hidden: Self.row, [group(0, half), group(0, other)])
        #expect(both.count == 80)
        #expect(try await engine.outputs(hidden: Self.row, []) == [])
    }

    @Test("an expert is held for whoever still wants it, slice by slice")
    func severalRouters() async throws {
        let engine = try ExpertEngine("mixed-original")
        let halves = (0 ..< 2).map { ExpertUnit(layer: 1, expert: 2, slice: ExpertSlice(index: $0, of: 2)) }
        let half = try await engine.hold([halves[0]], router: "one")
        #expect(try await engine.hold([halves[1]], router: "two") == 2 * half)
        let whole = TokenGroup(expert: 2, slice: .whole, rows: [0])
        let output = try await engine.outputs(layer: 1, hidden: Self.row, [whole])
        #expect(try await engine.hold([halves[0]], router: "two") == 2 * half, "it is held already")
        engine.forget(router: "one")
        #expect(try await engine.outputs(layer: 1, hidden: Self.row, [whole]) == output)
        #expect(try await engine.retain(RetainRequest(router: "two", units: [halves[1]])).heldBytes == half)
        await refuses(.notHeld(ExpertUnit(layer: 1, expert: 2))) {
            try await engine.outputs(layer: 1, hidden: Self.row, [whole])
        }
        let second = TokenGroup(expert: 2, slice: halves[1].slice, rows: [0])
        #expect(try await engine.outputs(layer: 1, hidden: Self.row, [second]).count == 40)
        #expect(engine.usage.experts == 1 && engine.usage.bytes == half)
    }

    @Test(
        "tell a router by their code whether to ask elsewhere or to mend its call",
        arguments: [
            (
                .fingerprint(expected: "a", found: "b"), .failedPrecondition,
                "this host's checkpoint is a, the router's is b: they must be the same"
            ),
            (.notHeld(ExpertUnit(layer: 1, expert: 2)), .notFound, "expert 2 of layer 1 is not held here"),
            (.layer(9, count: 3), .invalidArgument, "layer 9 of a model of 3 layers"),
            (.expert(5, layer: 1, count: 4), .invalidArgument, "expert 5 of layer 1, which has 4 experts"),
            (
                .slice(ExpertUnit(layer: 1, expert: 2, slice: ExpertSlice(index: 3, of: 8))), .invalidArgument,
                "slice 3 of 8 of expert 2 of layer 1, which cannot be cut so finely"
            ),
            (
                .secondGroup(ExpertUnit(layer: 1, expert: 2)), .invalidArgument,
                "expert 2 of layer 1 is asked for twice in one call"
            ),
            (.row(4, rows: 3), .invalidArgument, "a token group names row 4 of 3"),
            (.rowCount(0, rows: 3), .invalidArgument, "a token group names 0 rows, expected 1 to 3"),
            (.shape(expected: "a row", found: 3), .invalidArgument, "hidden holds 3 values, expected a row"),
        ] as [(ExpertError, RPCError.Code, String)])
    func codes(error: ExpertError, code: RPCError.Code, message: String) {
        #expect(RPCError(error) == RPCError(code, message))
    }
}
