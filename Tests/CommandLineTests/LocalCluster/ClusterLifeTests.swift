import Testing

@testable import LocalCluster

@Suite("Cluster life") struct ClusterLifeTests {
    private static let names = ["attention", "expert-host-1", "expert-host-2", "router"]
    private var life: ClusterLife

    init() {
        life = ClusterLife(
            ClusterPlan(model: "m", expertHosts: 2, host: "127.0.0.1", port: 1, threads: 4)
                .processes(sockets: "/s", programs: "/p"), drainSeconds: 9)
    }

    /// Lets all become ready.
    private mutating func serve() {
        for name in Self.names.dropLast() { #expect(life.becameReady(name) == []) }
        #expect(life.becameReady("router") == [.serve])
    }

    @Test("it serves once every process is ready, and says so once")
    mutating func ready() {
        serve()
        #expect(life.becameReady("router") == [])
    }

    @Test("whoever dies before that takes the cluster down", arguments: names)
    mutating func deathAtStart(name: String) {
        _ = life.becameReady(name)
        let actions = life.exited(name, .exited(1))
        #expect(actions.first == .report("\(name) exited with status 1 before the cluster was ready"))
        #expect(actions.contains(.endWork))
        let others = ["attention", "expert-host-1", "expert-host-2"]
        #expect(actions.contains(.terminate(name == "router" ? others : ["router"])))
        #expect(life.failure == "\(name) exited with status 1 before the cluster was ready")
    }

    @Test("who dies before that and tells why is quoted")
    mutating func complaintAtStart() {
        #expect(life.exited("router", .exited(1), complaint: "no such model").first == .report("router: no such model"))
        #expect(life.failure == "router: no such model")
    }

    @Test("an expert host that dies later is reported, and the rest goes on while one is left")
    mutating func expertHostDies() {
        serve()
        #expect(
            life.exited("expert-host-2", .signalled(9))
                == [.report("expert-host-2 was ended by signal 9; the cluster goes on with 1 expert host")])
        #expect(life.failure == nil)
        #expect(
            life.exited("expert-host-1", .signalled(9)).contains(
                .end(router: "router", because: "the cluster lost its last expert host and ends")))
        #expect(life.failure == "expert-host-1 was ended by signal 9; it was the last expert host")
    }

    @Test("an attention service that dies is reported, and the rest goes on while one is left")
    mutating func oneOfTwoAttentionServicesDies() {
        var plan = ClusterPlan(model: "m", expertHosts: 1, host: "127.0.0.1", port: 1)
        plan.attentionHosts = 2
        life = ClusterLife(plan.processes(sockets: "/s", programs: "/p"), drainSeconds: 9)
        for name in ["attention", "attention-2", "expert-host-1", "router"] { _ = life.becameReady(name) }
        #expect(
            life.exited("attention", .signalled(9))
                == [.report("attention was ended by signal 9; the cluster goes on with 1 attention service")])
        #expect(life.failure == nil)
        #expect(
            life.exited("attention-2", .signalled(9)).contains(
                .end(router: "router", because: "the cluster lost its attention service and ends")))
    }

    @Test("an expert host's end that is expected is no news, unless it was the last")
    mutating func expectedEnd() {
        serve()
        life.expectExit(of: "expert-host-2")
        #expect(life.exited("expert-host-2", .signalled(9)) == [])
        #expect(life.failure == nil)
        life.expectExit(of: "expert-host-1")
        #expect(
            life.exited("expert-host-1", .signalled(9)).contains(
                .end(router: "router", because: "the cluster lost its last expert host and ends")))
        #expect(life.failure == "expert-host-1 was ended by signal 9; it was the last expert host")
    }

    @Test("where the work has ended every process itself, the cluster has no failure and ends with the work")
    mutating func allEnded() {
        serve()
        for name in Self.names { life.expectExit(of: name) }
        for name in Self.names { #expect(life.exited(name, .signalled(9)) == []) }
        #expect(life.failure == nil)
        #expect(life.workEnded() == [.endWork, .finish])
    }

    @Test("a process that dies while another's end is expected is missed all the same")
    mutating func otherEnd() {
        serve()
        life.expectExit(of: "router")
        #expect(life.exited("attention", .signalled(9)).contains(.endWork))
        #expect(life.failure == "attention was ended by signal 9")
    }

    @Test("router and attention are needed", arguments: ["router", "attention"])
    mutating func neededDies(name: String) {
        serve()
        #expect(life.exited(name, .exited(0)).contains(.endWork))
        #expect(life.failure == "\(name) exited with status 0")
    }

    @Test("where attention dies, clients are told why by a router that ends at once; the others follow it")
    mutating func attentionDies() {
        serve()
        let end = ClusterLife.Action.end(router: "router", because: "the cluster lost its attention service and ends")
        #expect(
            life.exited("attention", .signalled(9)) == [
                .report("attention was ended by signal 9"), .endWork, end,
                .wait(.router, seconds: ClusterLife.endSeconds),
            ])
        #expect(
            life.exited("router", .exited(1)) == [
                .terminate(["expert-host-1", "expert-host-2"]), .wait(.others, seconds: ClusterLife.othersSeconds),
            ])
    }

    @Test("told to stop, it ends the router first, then the others, and that is no failure")
    mutating func stop() {
        serve()
        #expect(life.stop() == [.endWork, .terminate(["router"]), .wait(.router, seconds: life.routerSeconds)])
        #expect(
            life.exited("router", .exited(0)) == [
                .terminate(["attention", "expert-host-1", "expert-host-2"]),
                .wait(.others, seconds: ClusterLife.othersSeconds),
            ])
        #expect(life.exited("expert-host-1", .exited(0)) == [])
        #expect(life.exited("attention", .exited(0)) == [])
        #expect(life.timeIsUp(.router) == [])
        #expect(life.exited("expert-host-2", .exited(0)) == [.finish])
        #expect(life.failure == nil)
    }

    @Test("who does not end in time is killed")
    mutating func slow() {
        serve()
        _ = life.stop()
        #expect(life.routerSeconds == 16)        // its time, five seconds for being cut off, two more
        #expect(
            life.timeIsUp(.router) == [
                .kill(["router"]), .terminate(["attention", "expert-host-1", "expert-host-2"]),
                .wait(.others, seconds: ClusterLife.othersSeconds),
            ])
        #expect(life.exited("router", .signalled(9)) == [])
        #expect(life.timeIsUp(.others) == [.kill(["attention", "expert-host-1", "expert-host-2"])])
    }

    @Test("told to stop a second time, it kills all; the end of work that was cut short is no second time")
    mutating func impatient() {
        serve()
        _ = life.stop()
        #expect(life.workEnded() == nil)
        #expect(life.stop() == [.kill(Self.names)])
        #expect(life.stop() == [])
        for name in Self.names.dropLast() { #expect(life.exited(name, .signalled(9)) == []) }
        #expect(life.exited("router", .signalled(9)) == [.finish])
    }

    @Test("work that comes to its end stops the cluster")
    mutating func workEnds() {
        serve()
        #expect(life.workEnded()?.contains(.terminate(["router"])) == true)
    }

    @Test("an end that is expected is no news while stopping either")
    mutating func expectedWhileStopping() {
        serve()
        life.expectExit(of: "expert-host-1")
        _ = life.stop()
        #expect(life.exited("expert-host-1", .signalled(9)) == [])
    }

    @Test("a router whose time was too short for its answers is quoted")
    mutating func cutOff() {
        serve()
        _ = life.stop()
        let actions = life.exited("router", .exited(1), complaint: "stopped before it had finished its work")
        #expect(actions.first == .report("router: stopped before it had finished its work"))
        #expect(actions.contains(.terminate(["attention", "expert-host-1", "expert-host-2"])))
        #expect(life.failure == nil)
    }

    @Test(
        """
        an expert host that dies while the router still has its time is reported, and the router keeps it while one is \
        left
        """)
    mutating func hostDiesWhileDraining() {
        serve()
        _ = life.stop()
        #expect(
            life.exited("expert-host-1", .signalled(9))
                == [.report("expert-host-1 was ended by signal 9 while stopping")])
        #expect(
            life.exited("expert-host-2", .signalled(9)) == [
                .report("expert-host-2 was ended by signal 9 while stopping"),
                .end(router: "router", because: "the cluster lost its last expert host and ends"),
                .wait(.router, seconds: ClusterLife.endSeconds),
            ])
        #expect(life.exited("router", .exited(1)).contains(.wait(.others, seconds: ClusterLife.othersSeconds)))
    }

    @Test("attention that dies while the router still has its time is reported, and the answers end")
    mutating func attentionDiesWhileDraining() {
        serve()
        _ = life.stop()
        #expect(
            life.exited("attention", .signalled(9)) == [
                .report("attention was ended by signal 9 while stopping"),
                .end(router: "router", because: "the cluster lost its attention service and ends"),
                .wait(.router, seconds: ClusterLife.endSeconds),
            ])
    }

    @Test("a process that crashes while stopping is reported")
    mutating func crash() {
        serve()
        _ = life.stop()
        #expect(
            life.exited("expert-host-1", .signalled(4))
                == [.report("expert-host-1 was ended by signal 4 while stopping")])
    }
}
