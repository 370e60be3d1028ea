import Checkpoint
import Messages
import Testing
import Transport

@testable import Attention

@Suite("Errors of attention") struct AttentionErrorTests {
    @Test(
        "tell a router by their code whether to ask again later, to begin anew or to give up",
        arguments: [
            (.unknownSequence(1), .notFound, "sequence 1 is not open here"),
            (.unknownState(0xab), .notFound, "state 00000000000000ab is not kept here"),
            (
                .damaged(2, "cut off"), .notFound,
                "the file of state 0000000000000002 cannot be used: cut off"
            ),
            (.sequenceExists(3), .failedPrecondition, "sequence 3 is open already"),
            (
                .stateExists(4), .failedPrecondition,
                "the id 0000000000000004 cannot be used for a state: it is 0, or another state has it"
            ),
            (
                .unfinished(5), .failedPrecondition,
                "sequence 5 has no tokens, or a step has not reached all of its layers: there is nothing to keep"
            ),
            (.moving(6), .failedPrecondition, "state 0000000000000006 is just being written or read"),
            (
                .position(sequence: 8, layer: 1, expected: 2, found: 3), .failedPrecondition,
                "sequence 8 stands at position 2 in layer 1, the call begins at 3"
            ),
            (
                .unwritable(9, "full"), .resourceExhausted,
                "state 0000000000000009 cannot be written to disk and stays in memory: full"
            ),
            (
                .unreadable(9, "busy"), .resourceExhausted,
                "state 0000000000000009 cannot be read and stays on disk: busy"
            ),
            (
                .diskFull(9, needed: 3, free: 2, budget: 7), .resourceExhausted,
                "state 0000000000000009 needs 3 bytes of disk, 2 of 7 are free"
            ),
            (
                .memory(needed: 3, free: 2, budget: 9), .resourceExhausted,
                "the sequence needs 3 bytes of state, 2 of 9 are free"
            ),
            (
                .stateLength(1, lengths: 64 ... 70, found: 63, tokensMax: 100), .invalidArgument,
                """
                from state 0000000000000001 a sequence can go on after 64 to 70 tokens and at least as many positions, \
                found 63 tokens and 100 positions
                """
            ),
            (
                .tokens(1, expected: 3, found: 2), .invalidArgument,
                "2 token ids for state 0000000000000001, expected none or those of its 3 tokens"
            ),
            (
                .noSuchPart(index: 2, count: 3, countMax: 4), .invalidArgument,
                """
                attention cannot be cut so that there is a part 2 of 3: parts are counted from 0, and there can be 1, \
                2, 4 of them
                """
            ),
            (
                .partInUse(.whole), .failedPrecondition,
                "another router uses this service, which computes all of attention"
            ),
            (
                .otherPart(AttentionPart(index: 1, count: 2)!), .failedPrecondition,
                """
                the service computes part 1 of 2 of attention since it was last asked what it is: ask again before a \
                sequence begins
                """
            ),
            (
                .partChanged, .failedPrecondition, "the service has changed to another part of attention meanwhile"
            ),
            (.length(0, limit: 5), .invalidArgument, "a length of 0 tokens, expected 1 to 5"),
            (.layer(9, count: 3), .invalidArgument, "layer 9 of a model of 3 layers"),
            (.token(97, vocabulary: 97), .invalidArgument, "token id 97 of a vocabulary of 97"),
            (.rows(7, limit: 6), .invalidArgument, "7 rows in one call, whose answer has room for 6"),
            (.question(row: 2, "is odd"), .invalidArgument, "the question about row 2 is odd"),
            (.shape(name: "x", expected: "a row", found: 3), .invalidArgument, "x holds 3 values, expected a row"),
        ] as [(AttentionError, RPCError.Code, String)])
    func codes(error: AttentionError, code: RPCError.Code, message: String) {
        #expect(RPCError(error) == RPCError(code, message))
    }
}
