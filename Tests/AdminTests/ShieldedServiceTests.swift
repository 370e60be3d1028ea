import Admin
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing
import Transport

@Suite("Shielded service") struct ShieldedServiceTests {
    /// Waits for a graceful shutdown; says whether it came before a cancellation.
    private final class Waiter: Service {
        let sawGraceful = Mutex<Bool?>(nil)
        func run() async throws {
            do {
                try await gracefulShutdown()
                sawGraceful.withLock { $0 = !Task.isCancelled }
            } catch {
                sawGraceful.withLock { $0 = false }
            }
        }
    }

    @Test("a cancelled service is stopped gracefully")
    func cancelled() async {
        let waiter = Waiter()
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try? await ShieldedService(waiter).run() }
            try? await Task.sleep(for: .milliseconds(20))
            tasks.cancelAll()
        }
        #expect(waiter.sawGraceful.withLock { $0 } == true)
    }

    @Test("an admin server that is cancelled while connections arrive does not take the process down")
    func connections() async throws {
        for _ in 0 ..< 30 {
            let (ports, sink) = AsyncStream<Int?>.makeStream()
            await withTaskGroup(of: Void.self) { tasks in
                let server = AdminServer(
                    address: .tcp(host: "127.0.0.1", port: 0), readiness: Readiness(), onListening: { sink.yield($0) })
                tasks.addTask { try? await server.run() }
                for await case let port? in ports {
                    for _ in 0 ..< 4 {
                        tasks.addTask {
                            let connect = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
                                host: "127.0.0.1", port: port)
                            try? await connect.get().close()
                        }
                    }
                    break
                }
                tasks.cancelAll()
            }
        }
    }
}
