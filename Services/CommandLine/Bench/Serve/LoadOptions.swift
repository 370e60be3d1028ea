internal import ArgumentParser

/// The flags that say which requests come when.
struct LoadOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Requests a second, on average, at random times; several numbers, with commas, are measured one after the \
            other.
            """, valueName: "rates"))
    var rate: NumberList?

    @Option(
        help: ArgumentHelp(
            """
            Requests a second as multiples of the capacity, which is measured first; several numbers, with commas, are \
            measured one after the other.
            """, valueName: "multiples"))
    var load: NumberList?

    @Option(
        help: ArgumentHelp(
            """
            Send the requests that are in this file, one on each line: \
            {"at": 0.5, "prompt_tokens": 100, "answer_tokens": 20}, with "key" and "priority" where wanted.
            """, valueName: "file"))
    var trace: String?

    @Option(help: ArgumentHelp("For how long requests are sent (default: 60).", valueName: "seconds"))
    var duration: Double?

    @Option(help: "How many requests are sent; this or --duration.")
    var requests: Int?

    @Option(
        help: ArgumentHelp(
            """
            Prompt lengths: N, uniform:LOW-HIGH or lognormal:MEDIAN,SIGMA; what exceeds the model's context is cut.
            """, valueName: "tokens"))
    var promptTokens = LengthDistribution.fixed(512)

    @Option(help: ArgumentHelp("Answer lengths, written as prompt lengths are.", valueName: "tokens"))
    var answerTokens = LengthDistribution.fixed(128)

    @Option(
        help: ArgumentHelp(
            """
            API keys with weights, for example A:20,B:1: of 21 requests about 20 are sent with the key A.
            """, valueName: "keys"))
    var keys: KeyWeights?

    @Option(
        help: ArgumentHelp(
            """
            Share of the clients that hang up, half of them while they wait, half in the middle of the answer.
            """, valueName: "share"))
    var hangUps = 0.0

    @Option(help: ArgumentHelp("Share of the clients that read their answers slowly.", valueName: "share"))
    var slowReaders = 0.0

    @Option(help: "For --load: how many clients send requests at a time while the capacity is measured.")
    var streams = 32

    @Option(help: ArgumentHelp("For --load: for how long the capacity is measured.", valueName: "seconds"))
    var capacitySeconds = 30.0

    static let secondsMax = 1e6

    mutating func validate() throws {
        guard [rate != nil, load != nil, trace != nil].count(where: \.self) == 1 else {
            throw ValidationError("give one of '--rate', '--load' and '--trace'.")
        }
        if trace != nil, keys != nil || duration != nil || requests != nil {
            throw ValidationError(
                "'--keys', '--duration' and '--requests' do not go with '--trace', which tells of them.")
        }
        guard duration == nil || requests == nil else {
            throw ValidationError("give '--duration' or '--requests', not both.")
        }
        let times = [(duration ?? 1, "--duration"), (capacitySeconds, "--capacity-seconds")]
        for (seconds, flag) in times where !(seconds > 0 && seconds <= Self.secondsMax) {
            throw ValidationError("'\(flag)' takes seconds above 0, not \(seconds).")
        }
        if let requests { try requireRange("--requests", requests, 1 ... ArrivalProcess.requestsMax) }
        guard (rate?.numbers.max() ?? 0) * (duration ?? 0) <= Double(ArrivalProcess.requestsMax) else {
            throw ValidationError("'--rate' and '--duration' come to more than \(ArrivalProcess.requestsMax) requests.")
        }
        guard hangUps >= 0, slowReaders >= 0, hangUps + slowReaders <= 1 else {
            throw ValidationError(
                "'--hang-ups' and '--slow-readers' are shares from 0 to 1, together 1 at most, "
                    + "not \(hangUps) and \(slowReaders).")
        }
        try requireRange("--streams", streams, 1 ... 1024)
    }

    var extent: ArrivalProcess.Extent { requests.map { .requests($0) } ?? .seconds(duration ?? 60) }

    func recipe(seed: UInt64, contextLength: Int) -> LoadRecipe {
        LoadRecipe(
            prompt: promptTokens, answer: answerTokens, keys: keys, hangUps: hangUps, slowReaders: slowReaders,
            seed: seed, contextLength: contextLength)
    }
}
