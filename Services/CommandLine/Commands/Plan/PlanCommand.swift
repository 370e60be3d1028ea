internal import AdminMessages
internal import ArgumentParser
internal import ClusterClient
internal import Console
internal import Transport

/// Tells which expert host holds what and what attention services there are, and has the router plan otherwise.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: """
            Show which expert hosts hold what, how much each expert is used, and which attention services there are; \
            or ask for another plan.
            """,
        discussion: """
            Without further flags it only shows. A change is made while the cluster answers; what is shown then is the \
            new plan, whose experts may still be on their way.
              minimax plan --admin 127.0.0.1:9090 --mode latency --copies 2
            """)

    @Option(
        help: ArgumentHelp(
            """
            Where the router's admin server answers: unix:/PATH or HOST:PORT.
            """, valueName: "address"))
    var admin: Address

    @Option(
        help: """
            Place experts for latency (every expert in slices over all hosts), throughput (whole experts), or auto, \
            whichever is predicted to be faster.
            """)
    var mode: PlacementGoal?

    @Option(help: "How many hosts shall hold each expert.")
    var copies: Int?

    @Option(
        help: ArgumentHelp(
            """
            Into how many parts attention shall be cut, each a service of its own: 1, 2, 4 or 8, or auto, whatever is \
            predicted to be fastest.
            """, valueName: "parts"))
    var attentionParts: AttentionPartsGoal?

    @Option(help: ArgumentHelp("The name of a host that shall hold nothing from now on.", valueName: "host"))
    var drain: String?

    @Option(help: ArgumentHelp("The name of a host that may hold something again.", valueName: "host"))
    var undrain: String?

    @Option(
        help: ArgumentHelp(
            """
            An expert that shall be on this host; may be repeated, and replaces all pins there were.
            """, valueName: "layer:expert:host"))
    var pin: [ExpertPin] = []

    @Flag(help: "Take all pins away.")
    var noPins = false

    @Flag(help: "Print the router's answers as they are, one a line: the plan, then the use of experts.")
    var json = false

    mutating func validate() throws {
        guard pin.isEmpty || !noPins else { throw ValidationError("'--pin' and '--no-pins' contradict each other.") }
    }

    var change: PlanChange {
        PlanChange(
            mode: mode, copies: copies, pins: pin.isEmpty && !noPins ? nil : pin, drain: drain, undrain: undrain,
            attentionParts: attentionParts)
    }

    func run() async throws {
        let client = PlanClient(admin)
        if !change.isEmpty { try await client.apply(change) }
        let plan = try await client.plan(), experts = try await client.experts()
        try printToStandardOutput(
            json ? "\(plan.text)\n\(experts.text)" : PlanText(plan: plan.value, use: experts.value).text)
    }
}
