internal import ArgumentParser
package import Flags
internal import Probing
package import Transport

/// The flags of every process that announces itself, beside the routers' addresses.
package struct AnnouncingOptions: ParsableArguments {
    @Option(
        help: "The address to announce, where it differs from --listen; a host of 0.0.0.0 announces the machine's name."
    )
    var announce: Address?

    @Option(help: "This process's name, unique among those of its kind in the cluster; the machine's name by default.")
    var name: String?

    @Option(
        help: """
            MiB a second that this process reads from memory: the faster, the more of the model it gets. 0: it \
            measures that itself, and the router corrects what expert hosts measure by the time their calls take.
            """)
    var readBandwidthMib = 0

    /// The parser makes it and fills it in.
    package init() {}

    /// Refuses numbers that no machine has.
    package func validate() throws {
        try requireNotNegative(readBandwidthMib, "--read-bandwidth-mib")
        guard readBandwidthMib < 1 << 40 else { throw ValidationError("--read-bandwidth-mib is at most 2^40") }
    }

    /// - Parameters:
    ///   - routers: the control addresses of the routers.
    ///   - service: says how long the process has to stop.
    package func config(routers: [Address], _ service: ServiceOptions) -> AnnouncingConfig {
        AnnouncingConfig(
            routers: routers, announce: announce, name: name ?? Machine.hostName, readBandwidth: readBandwidthMib << 20,
            drainTime: Duration.seconds(service.drainSeconds) * 3 / 4)
    }
}

/// How a process announces itself.
package struct AnnouncingConfig: Sendable {
    /// The control addresses of the routers; where there are none, nobody is told.
    package var routers: [Address]
    /// Nil: what the server listens on.
    package var announce: Address?
    /// Unique among the processes of its role.
    package var name: String
    /// Bytes a second; 0: measured.
    package var readBandwidth: Int
    /// In which others may take over what it holds, once it is told to stop.
    package var drainTime: Duration
}
