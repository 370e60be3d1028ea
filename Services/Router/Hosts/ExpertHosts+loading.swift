internal import Cluster
internal import Logging
internal import Messages
internal import NIOCore
internal import Transport

/// How hosts come to hold what they shall hold.
extension ExpertHosts {
    /// Lets one host load what it lacks, batch after batch, and let go of what it holds too much.
    func bringUpToDate(_ host: ExpertHostClient) async {
        do throws(RPCError) {
            while let member = members[host.name], isKnown(host), member.isConnected {
                if member.holdsMore {
                    change(host) { $0.holdsMore = false }
                    _ = try await host.rpc.call(.retainExperts, RetainRequest(router: instance, units: Array(member.ready.units())), timeout: Self.loadTimeout)
                }
                let batch = nextBatch(members[host.name] ?? member)
                guard !batch.isEmpty || (host.health.isSuspect && !member.isDoubted) || members[host.name]?.holdsMore == true else { return }
                let isProven = !proof.isNeeded(of: host.weightsCopy)
                let request = HoldRequest(
                    router: instance, modelFingerprint: fingerprint, planVersion: version, units: batch,
                    withDigests: !isProven)
                async let expected = isProven ? nil : try? proof.expected(batch)       // read meanwhile
                let answer = try await host.rpc.call(.holdExperts, request, timeout: Self.loadTimeout)
                if !isProven {
                    guard let expected = await expected else { return }        // the router is stopping
                    if let fault = proof.fault(answer.digests, expected) { return refuse(host, fault) }
                }
                if members[host.name]?.isDoubted != true, host.health.trust() {
                    logger.info("expert host answers again", metadata: ["host": "\(host.name)"])
                    changed.yield()
                }
                change(host) { $0.ready.formUnion(batch) }
                settle()
                publish()
            }
        } catch {
            lost(host, why: "it did not take its experts: \(error)")
        }
    }

    /// This run of a host has read what is not the model: it is not used, and told so when it announces itself again.
    private func refuse(_ host: ExpertHostClient, _ fault: String) {
        guard isKnown(host) else { return }
        let sentence = "expert host \(host.name) holds damaged or foreign weights: \(fault)"
        if damaged.count >= Self.damagedMax { damaged = [:] }
        damaged[host.instance] = sentence
        lastDamage = sentence
        logger.error("damaged weights", metadata: ["host": "\(host.name)", "why": "\(fault)"])
        lost(host, why: sentence)
    }

    private static let damagedMax = 1024

    func nextBatch(_ member: Member) -> [ExpertUnit] {
        var batch: [ExpertUnit] = [], bytes = 0
        for unit in member.wanted.units(notIn: member.ready, first: neededLayer) {
            bytes += inventory.layers[unit.layer][unit.expert].byteCount / unit.slice.count
            guard batch.isEmpty || (bytes <= Self.batchBytesMax && batch.count < Self.batchUnitsMax) else { break }
            batch.append(unit)
        }
        return batch
    }

    /// Once every host holds what the plan wants, what earlier plans wanted is let go.
    func settle() {
        guard placement != nil, members.values.allSatisfy({ $0.isSettled || $0.host.health.isSuspect }) else { return }
        for name in members.keys {
            guard let member = members[name], member.ready != member.wanted, member.isSettled else { continue }
            members[name]?.ready = member.wanted
            members[name]?.holdsMore = true
            member.host.ring()
        }
    }

    /// A disk may be slow.
    private static let loadTimeout = TimeAmount.seconds(120)
    private static let batchBytesMax = 128 << 20, batchUnitsMax = 4096
}
