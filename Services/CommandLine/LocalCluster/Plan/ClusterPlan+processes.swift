internal import Probing
internal import Transport

extension ClusterPlan {
    /// The processes, the router last.
    ///
    /// Attention and experts take turns in every layer, and which hosts a token needs changes from layer to layer: each
    /// process gets all threads, and lets go of a core when it has nothing to do.
    ///
    /// - Parameters:
    ///   - sockets: the folder for the Unix sockets.
    ///   - programs: the folder of `attention`, `expert-host` and `router`.
    ///   - readBandwidth: how many bytes a second the hosts read from memory together, and as many the attention
    ///     services. Those of one kind then count as equal, whatever each would measure. Nil: each measures.
    package func processes(sockets: String, programs: String, readBandwidth: Double? = nil) -> [ProcessPlan] {
        let draft = ProcessDraft(plan: self, sockets: sockets, programs: programs)
        return (1 ... attentionHosts).map { draft.attention($0, readBandwidth) }
            + (1 ... expertHosts).map { draft.expertHost($0, readBandwidth) } + [draft.router]
    }
}

/// Makes the plans of the single processes.
private struct ProcessDraft {
    let plan: ClusterPlan
    let sockets: String
    let programs: String

    /// - Parameter number: from 1.
    func attention(_ number: Int, _ readBandwidth: Double?) -> ProcessPlan {
        let name = numbered("attention", number), cores = plan.attentionCores?[number - 1]
        let flags = joining(name, cores, share(of: readBandwidth, count: plan.attentionHosts))
        let states = plan.statesFolder.map { ["--states-folder", numbered($0, number)] } ?? []
        return process(
            .attention, "attention", name, flags + plan.computeFlags + plan.attentionFlags + states, cores: cores)
    }

    /// What belongs to the first attention service has the plain name, so that it is the same with any number of them.
    private func numbered(_ name: String, _ number: Int) -> String { number == 1 ? name : "\(name)-\(number)" }

    /// - Parameter number: from 1.
    func expertHost(_ number: Int, _ readBandwidth: Double?) -> ProcessPlan {
        let name = "expert-host-\(number)", cores = plan.hostCores?[number - 1]
        let flags = joining(name, cores, share(of: readBandwidth, count: plan.expertHosts))
        return process(.expertHost, "expert-host", name, flags + plan.computeFlags, cores: cores)
    }

    /// The flags by which a process joins the cluster.
    private func joining(_ name: String, _ cores: [Int]?, _ readBandwidthMib: Int?) -> [String] {
        ["--listen", unix(name), "--router", unix("control"), "--name", name, "--threads", "\(threads(cores))"]
            + (readBandwidthMib.map { ["--read-bandwidth-mib", "\($0)"] } ?? [])
    }

    /// One of `count` equal shares, in MiB a second.
    private func share(of readBandwidth: Double?, count: Int) -> Int? {
        readBandwidth.map { max(1, Int($0) / (count << 20)) }
    }

    var router: ProcessPlan {
        let flags = [
            "--control", unix("control"), "--attention-hosts", "\(plan.attentionHosts)", "--expert-hosts",
            "\(plan.expertHosts)", "--host", plan.host, "--port", "\(plan.port)",
        ]
        return process(
            .router, "router", "router", flags + plan.routerFlags, admin: plan.admin, cores: plan.routerCores)
    }

    private func threads(_ cores: [Int]?) -> Int { cores?.count ?? plan.threads ?? Machine.coreCount }

    private func unix(_ name: String) -> String { "unix:\(sockets)/\(name).sock" }

    private func process(
        _ role: ProcessPlan.Role, _ program: String, _ name: String, _ flags: [String], admin: Address? = nil,
        cores: [Int]?
    ) -> ProcessPlan {
        let admin = admin ?? .unix(path: "\(sockets)/\(name).admin")
        var common = ["--model", plan.model, "--admin", "\(admin)", "--drain-seconds", "\(plan.drainSeconds)"]
        if let logLevel = plan.logLevel { common += ["--log-level", logLevel] }
        common.append("--exit-with-parent")
        return ProcessPlan(
            role: role, name: name, program: "\(programs)/\(program)", arguments: flags + common,
            admin: admin.reachable, cores: cores)
    }
}
