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
    ///   - readBandwidth: how many bytes a second the hosts read from memory together. They then count as equal,
    ///     whatever each would measure. Nil: each measures.
    package func processes(sockets: String, programs: String, readBandwidth: Double? = nil) -> [ProcessPlan] {
        let draft = ProcessDraft(plan: self, sockets: sockets, programs: programs)
        return [draft.attention] + (1 ... expertHosts).map { draft.expertHost($0, readBandwidth) } + [draft.router]
    }
}

/// Makes the plans of the single processes.
private struct ProcessDraft {
    let plan: ClusterPlan
    let sockets: String
    let programs: String

    var attention: ProcessPlan {
        let flags = ["--listen", unix("attention"), "--threads", "\(threads(plan.attentionCores))"]
        return process(
            .attention, "attention", "attention", flags + plan.computeFlags + plan.attentionFlags,
            cores: plan.attentionCores)
    }

    /// - Parameter number: from 1.
    func expertHost(_ number: Int, _ readBandwidth: Double?) -> ProcessPlan {
        let name = "expert-host-\(number)", cores = plan.hostCores?[number - 1]
        var flags = ["--listen", unix(name), "--router", unix("control"), "--name", name]
        flags += ["--threads", "\(threads(cores))"]
        if let readBandwidth {
            flags += ["--read-bandwidth-mib", "\(max(1, Int(readBandwidth) / (plan.expertHosts << 20)))"]
        }
        return process(.expertHost, "expert-host", name, flags + plan.computeFlags, cores: cores)
    }

    var router: ProcessPlan {
        let flags = [
            "--attention", unix("attention"), "--control", unix("control"), "--expert-hosts", "\(plan.expertHosts)",
            "--host", plan.host, "--port", "\(plan.port)",
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
