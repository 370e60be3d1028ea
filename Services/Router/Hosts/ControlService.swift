internal import Logging
internal import Messages
internal import NIOCore
internal import ServiceLifecycle
internal import Transport
internal import TypedCalls

/// Where expert hosts and attention services announce themselves, and the connections to them.
struct ControlService: Service {
    let address: Address
    let receivers: AnnouncementReceivers
    let group: any EventLoopGroup
    let logger: Logger

    func run() async throws {
        var endpoints = EndpointHandlers(logger: logger) { _ in nil }
        endpoints.on(.announce) { request, _ in try await receivers.announce(request) }
        let server = RPCServer(
            address: address, limits: .control, group: group, logger: logger, handler: endpoints.answer)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                try await withGracefulShutdownHandler {
                    try await server.run()
                } onGracefulShutdown: {
                    server.stopAccepting()
                }
            }
            for receiver in receivers.byRole.values { tasks.addTask { try await receiver.run() } }
            try await tasks.next()
            tasks.cancelAll()
        }
    }
}
